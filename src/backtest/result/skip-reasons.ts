import { reasonKind } from '../../domain/decision.js';
import { barIndex } from '../../domain/timeframe.js';
import { forwardLogReturns } from '../../features/labels.js';
import { CODES, meaningOf } from '../engine/decision-log.js';
import type { EngineResult } from '../engine/run-engine.js';
import type { MarketHistory, SymbolHistory } from '../history/market-history.js';

/** BUY signals that were not acted on, for one kind of reason, and what came after them. */
export interface SkipReason {
  readonly reason: string;
  readonly count: number;
  /**
   * Mean return of buying at the signal's close and selling a horizon later, less the costs of a round trip: above 0
   * the reason cost money. Undefined where no horizon was over by the end.
   */
  readonly laterReturn: number | undefined;
}

export interface SkipOptions {
  readonly horizonBars: number;
  /** Of a round trip in a symbol, as a fraction. */
  readonly costOf: (symbol: SymbolHistory) => number;
}

interface Tally {
  count: number;
  known: number;
  sum: number;
}

/**
 * Most frequent first. Reasons without their symbols and numbers, so that `confidence 55.1 below 60` counts
 * with its like.
 */
export function skipReasons(
  history: MarketHistory,
  { decisions, stores }: Pick<EngineResult, 'decisions' | 'stores'>,
  options: SkipOptions,
): readonly SkipReason[] {
  const laterOf = laterReturns(history, options);
  const tallies = new Tallies();
  const add = (tally: Tally, later: number): void => {
    tally.count += 1;
    if (!Number.isFinite(later)) return;
    tally.known += 1;
    tally.sum += later;
  };
  const { length, texts, symbols, reasons, codes, candleOpenTimes } = decisions.columns;
  // A text is taken apart once, not once for each of its rows.
  const tallyOf = new Map<number, Tally>();
  for (let row = 0; row < length; row++) {
    if (IS_SKIPPED_BUY[codes[row] ?? 0] !== true) continue;
    const [reason = 0, at = 0] = [reasons[row], symbols[row]];
    const symbol = texts[at] ?? '';
    const key = reason * texts.length + at;
    const tally = tallyOf.get(key) ?? tallies.of(texts[reason] ?? '', symbol);
    tallyOf.set(key, tally);
    add(tally, laterOf(symbol, candleOpenTimes[row] ?? NaN));
  }
  for (const { status, reason, symbol, side, intendedAt } of stores.orders) {
    // The last bar that had closed when the order was intended.
    const openTime = intendedAt - 1;
    const later = side === 'buy' ? laterOf(symbol, openTime) : NaN;
    if (status === 'rejected') add(tallies.of(`order refused: ${reason}`, symbol), later);
  }
  return tallies.toReasons();
}

const IS_SKIPPED_BUY = Array.from({ length: CODES }, (_, code) => {
  const { action, prediction } = meaningOf(code);
  return action === 'skip' && prediction === 'BUY';
});

class Tallies {
  readonly #byKind = new Map<string, Tally>();

  of(reason: string, symbol: string): Tally {
    const kind = reasonKind(reason, symbol);
    const tally = this.#byKind.get(kind) ?? { count: 0, known: 0, sum: 0 };
    this.#byKind.set(kind, tally);
    return tally;
  }

  toReasons(): readonly SkipReason[] {
    return [...this.#byKind]
      .map(([reason, { count, known, sum }]) => ({
        reason,
        count,
        laterReturn: known === 0 ? undefined : sum / known,
      }))
      .sort((one, other) => other.count - one.count);
  }
}

/**
 * Simple return over the horizon from the close of the bar that contains a time, less the costs; NaN where it is not
 * over.
 */
function laterReturns(
  { symbols, timeframe }: MarketHistory,
  { horizonBars, costOf }: SkipOptions,
): (symbol: string, timeMs: number) => number {
  const known = new Map(
    symbols.map((one) => {
      const { instrument, columns } = one;
      const returns = forwardLogReturns(columns, horizonBars);
      return [instrument.symbol, { firstIndex: columns.firstIndex, returns, cost: costOf(one) }];
    }),
  );
  return (symbol, timeMs) => {
    const found = known.get(symbol);
    if (found === undefined) return NaN;
    const { firstIndex, returns, cost } = found;
    return Math.expm1(returns[barIndex(timeMs, timeframe) - firstIndex] ?? NaN) - cost;
  };
}
