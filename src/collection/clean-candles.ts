import { isEmptyBar, type Candle } from '../domain/candle.js';
import { barIndex, type Timeframe } from '../domain/timeframe.js';
import type { CandlePage, RejectedRow } from '../exchange/market-data.js';

/** So many candles without any volume, and not merely without trades, show that a venue reports none. */
const MIN_CANDLES_TO_JUDGE_VOLUME = 50;
const MIN_MOVING_SHARE = 0.2;

export interface CleanPage {
  /** To be stored. */
  readonly candles: readonly Candle[];
  /** Bars that the venue sent although nothing was traded: readers synthesise them. */
  readonly emptyBars: readonly number[];
  /** Bars that the page speaks for and does not have. */
  readonly absentBars: readonly number[];
  /** Rows that go to quarantine, each with the reason. */
  readonly quarantined: readonly { readonly candle: Candle; readonly reason: string }[];
  readonly hasFuture: boolean;
}

export interface CleanOptions {
  readonly timeframe: Timeframe;
  /** Close of the bar before the page, where there is one. */
  readonly previousClose: number | undefined;
  /** Whether the venue reports volume for this series; without it every bar counts as traded. */
  readonly hasVolume: boolean;
}

/** Splits a page into what is stored, what readers synthesise, and what the venue does not have. */
export function cleanPage(page: CandlePage, options: CleanOptions): CleanPage {
  const { timeframe, hasVolume } = options;
  const candles: Candle[] = [];
  const emptyBars: number[] = [];
  let previousClose = options.previousClose;
  for (const candle of page.candles) {
    if (hasVolume && isEmptyBar(candle, previousClose)) {
      emptyBars.push(barIndex(candle.openTime, timeframe));
    } else {
      candles.push(candle);
      previousClose = candle.close;
    }
  }
  return {
    candles,
    emptyBars,
    absentBars: findAbsent(page, timeframe),
    quarantined: page.rejected.filter(isKept).map(({ candle, kind, reason }) => ({
      candle,
      reason: `${kind}: ${reason}`,
    })),
    hasFuture: page.rejected.some(({ kind }) => kind === 'future'),
  };
}

/** Unfinished rows come with every answer, and of a duplicate the other row is stored. */
function isKept({ kind }: RejectedRow): boolean {
  return kind !== 'unfinished' && kind !== 'duplicate';
}

/**
 * A bar whose only row is defective counts as absent: the venue has nothing usable for it. One with a
 * row off the grid does not: the venue has it, at a time that is not understood.
 */
function findAbsent(page: CandlePage, timeframe: Timeframe): number[] {
  const offGrid = page.rejected.filter(({ kind }) => kind === 'off-grid');
  const present = new Set(
    [...page.candles, ...offGrid].map(({ openTime }) => barIndex(openTime, timeframe)),
  );
  const absent: number[] = [];
  const last = barIndex(page.coveredUntilMs, timeframe);
  for (let bar = barIndex(page.fromMs, timeframe); bar <= last; bar++) {
    if (!present.has(bar)) absent.push(bar);
  }
  return absent;
}

/**
 * Whether a stretch of candles shows that the venue reports volume: true or false where it decides,
 * undefined where it is too short or nothing moved at all.
 */
export function judgeVolume(candles: readonly Candle[]): boolean | undefined {
  if (candles.some(({ volume }) => volume > 0)) return true;
  if (candles.length < MIN_CANDLES_TO_JUDGE_VOLUME) return undefined;
  const moving = candles.filter(({ high, low }) => high !== low).length;
  return moving / candles.length >= MIN_MOVING_SHARE ? false : undefined;
}
