import type { Money } from '../domain/money.js';
import type { EquityPoint } from '../domain/trade.js';
import type { EquityFacts } from './risk-rule.js';

const DAY_MS = 86_400_000;

type Value = Pick<EquityPoint, 'at' | 'equity'>;

/** Beginning of the UTC day. */
export function dayStartOf(timeMs: number): number {
  return timeMs - (timeMs % DAY_MS);
}

/** Beginning of the next UTC day. */
export function nextDayOf(timeMs: number): number {
  return dayStartOf(timeMs) + DAY_MS;
}

/**
 * The first value of the day and the highest one, of the values that are stored: a restart reads the
 * same from the database.
 */
export class EquityMarks {
  #peak: Money | undefined;
  #dayFirst: Value | undefined;

  /** @param known what was stored before; the first value of a day that is over does not count */
  constructor(known: { readonly peak?: Money | undefined; readonly dayFirst?: Value | undefined }) {
    this.#peak = known.peak;
    this.#dayFirst = known.dayFirst;
  }

  /** Counts a value that is stored. */
  note({ at, equity }: Value): void {
    if (this.#peak === undefined || equity.gt(this.#peak)) this.#peak = equity;
    const isNewDay = this.#dayFirst === undefined || dayStartOf(at) > dayStartOf(this.#dayFirst.at);
    if (isNewDay) this.#dayFirst = { at, equity };
  }

  /** A person resumed trading: losses are counted from the next value on. */
  reset(): void {
    this.#peak = undefined;
    this.#dayFirst = undefined;
  }

  factsAt({ at, equity }: Value): EquityFacts {
    const first = this.#dayFirst;
    const isToday = first !== undefined && dayStartOf(first.at) === dayStartOf(at);
    return { equity, dayStart: isToday ? first.equity : undefined, peak: this.#peak };
  }
}
