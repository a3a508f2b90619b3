import { barIndex, barOpenTime, timeframeMs, type Timeframe } from '../domain/timeframe.js';

const DAY_MS = 86_400_000;
const WEEK_MS = 7 * DAY_MS;
/** A slot of the week that has a bar in fewer of the weeks counts as closed: a weekend, a night. */
const MIN_SLOT_SHARE = 0.5;

/** Bars of one day, UTC. */
export interface DayCoverage {
  /** Epoch milliseconds of its midnight. */
  readonly day: number;
  /** Bars that a market that is open has on that day. */
  readonly expected: number;
  readonly stored: number;
  /** Bars in which nothing traded, as the venue says. */
  readonly empty: number;
  /** Bars that the venue does not have. */
  readonly known: number;
  /** Bars that are missing and that nobody has explained. */
  readonly open: number;
}

/** Bars that follow each other and are not stored. */
export interface Gap {
  readonly kind: 'known' | 'open' | 'late';
  readonly fromOpenTime: number;
  readonly toOpenTime: number;
  readonly bars: number;
}

export interface KnownRange {
  readonly fromOpenTime: number;
  readonly toOpenTime: number;
  readonly reason: 'empty' | 'missing';
}

export interface CoverageOptions {
  readonly timeframe: Timeframe;
  /** Of the series' own grid: weeks that begin on Thursday, days at 16:00 UTC. */
  readonly gridOffsetMs?: number | undefined;
  /** Ascending. */
  readonly known: readonly KnownRange[];
  /** False for prices from files, whose market may close: then the series itself shows when it is open. */
  readonly isContinuous: boolean;
  /** Newest bar that a series that keeps up has; undefined where it is not known. */
  readonly lastClosedOpenTime: number | undefined;
}

export interface Coverage {
  readonly days: readonly DayCoverage[];
  readonly gaps: readonly Gap[];
}

type Counts = { -readonly [Key in 'stored' | 'empty' | 'known' | 'open']: number };
type Kind = keyof Counts;

/** Counts the bars of a series by day. Takes them in ascending order and keeps days, not bars. */
export class CoverageCounter {
  readonly #options: CoverageOptions;
  readonly #days = new Map<number, Counts>();
  readonly #gaps: Gap[] = [];
  /** Stretches without bars of a market that may be closed: told apart once all bars are seen. */
  readonly #silences: { readonly first: number; readonly last: number }[] = [];
  readonly #slots = new Map<number, number>();
  #firstBar: number | undefined;
  #lastBar: number | undefined;
  #knownAt = 0;

  constructor(options: CoverageOptions) {
    this.#options = options;
  }

  add(openTime: number): void {
    const { timeframe, isContinuous } = this.#options;
    const bar = barIndex(openTime, timeframe);
    if (this.#lastBar !== undefined && bar > this.#lastBar + 1) {
      this.#addSilence(this.#lastBar + 1, bar - 1);
    }
    this.#firstBar ??= bar;
    this.#lastBar = bar;
    this.#count(openTime, 'stored', 1);
    if (!isContinuous) {
      const slot = this.#slotOf(openTime);
      this.#slots.set(slot, (this.#slots.get(slot) ?? 0) + 1);
    }
  }

  finish(): Coverage {
    const { timeframe, lastClosedOpenTime } = this.#options;
    for (const { first, last } of this.#silences) this.#addSession(first, last);
    if (this.#lastBar !== undefined && lastClosedOpenTime !== undefined) {
      const last = barIndex(lastClosedOpenTime, timeframe);
      if (last > this.#lastBar) this.#addBars(this.#lastBar + 1, last, 'late');
    }
    const days = [...this.#days]
      .sort(([one], [other]) => one - other)
      .map(([day, counts]) => {
        const { stored, empty, known, open } = counts;
        return { day, expected: stored + empty + known + open, stored, empty, known, open };
      });
    return { days, gaps: this.#gaps };
  }

  #addSilence(first: number, last: number): void {
    if (this.#options.isContinuous) this.#addBars(first, last, 'open');
    else this.#silences.push({ first, last });
  }

  /** Bars of a silence in which the market is open as a rule. */
  #addSession(first: number, last: number): void {
    const weeks = this.#weeks();
    let from: number | undefined;
    for (let bar = first; bar <= last + 1; bar++) {
      const slot = this.#slotOf(this.#openTimeOf(bar));
      const isOpen = bar <= last && (this.#slots.get(slot) ?? 0) >= MIN_SLOT_SHARE * weeks;
      if (isOpen) from ??= bar;
      else if (from !== undefined) {
        this.#addBars(from, bar - 1, 'open');
        from = undefined;
      }
    }
  }

  #weeks(): number {
    const { timeframe } = this.#options;
    const bars = (this.#lastBar ?? 0) - (this.#firstBar ?? 0) + 1;
    return Math.max(1, (bars * timeframeMs(timeframe)) / WEEK_MS);
  }

  #openTimeOf(bar: number): number {
    const { timeframe, gridOffsetMs } = this.#options;
    return barOpenTime(bar, timeframe, gridOffsetMs);
  }

  #slotOf(openTime: number): number {
    return Math.floor((openTime % WEEK_MS) / timeframeMs(this.#options.timeframe));
  }

  /** Splits bars by what is known of them. */
  #addBars(first: number, last: number, kind: 'open' | 'late'): void {
    const { known, timeframe } = this.#options;
    let bar = first;
    while (bar <= last) {
      const range = this.#knownFrom(this.#openTimeOf(bar));
      const start = range === undefined ? last + 1 : barIndex(range.fromOpenTime, timeframe);
      if (start > bar) {
        const until = Math.min(last, start - 1);
        this.#addGap(kind, bar, until);
        bar = until + 1;
        continue;
      }
      const until = Math.min(last, barIndex(known[this.#knownAt]?.toOpenTime ?? 0, timeframe));
      if (range?.reason === 'missing') this.#addGap('known', bar, until);
      else this.#countEach(bar, until, 'empty');
      bar = until + 1;
    }
  }

  /** The first known range that does not end before that time. */
  #knownFrom(openTime: number): KnownRange | undefined {
    const { known } = this.#options;
    while ((known[this.#knownAt]?.toOpenTime ?? Infinity) < openTime) this.#knownAt++;
    return known[this.#knownAt];
  }

  #addGap(kind: Gap['kind'], first: number, last: number): void {
    const fromOpenTime = this.#openTimeOf(first);
    const toOpenTime = this.#openTimeOf(last);
    this.#gaps.push({ kind, fromOpenTime, toOpenTime, bars: last - first + 1 });
    this.#countEach(first, last, kind === 'known' ? 'known' : 'open');
  }

  #countEach(first: number, last: number, kind: Kind): void {
    for (let bar = first; bar <= last; bar++) this.#count(this.#openTimeOf(bar), kind, 1);
  }

  #count(openTime: number, kind: Kind, bars: number): void {
    const day = openTime - (openTime % DAY_MS);
    const counts = this.#days.get(day) ?? { stored: 0, empty: 0, known: 0, open: 0 };
    this.#days.set(day, counts);
    counts[kind] += bars;
  }
}

/** Share of the expected bars that are stored or known to be empty, from 0 to 1. */
export function coveredShare(days: readonly DayCoverage[]): number {
  const expected = days.reduce((sum, day) => sum + day.expected, 0);
  const covered = days.reduce((sum, { stored, empty }) => sum + stored + empty, 0);
  return expected === 0 ? 0 : covered / expected;
}
