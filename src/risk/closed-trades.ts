import type { Position } from '../domain/trade.js';

/** What the rules remember of a position that was sold. */
export interface ClosedTrade {
  readonly symbol: string;
  /** Market time. */
  readonly closedAt: number;
  /** Whether a stop sold it, a trailing one among them. */
  readonly isStop: boolean;
  /** Result after fees in percent of what was paid. */
  readonly resultPct: number;
}

/**
 * The trades that were closed within the bars that the rules look back over. Kept in memory and read
 * from the books once at the start, so that a decision asks no database.
 */
export class ClosedTrades {
  readonly #keepMs: number;
  readonly #bySymbol = new Map<string, ClosedTrade[]>();
  readonly #stopTimes: number[] = [];

  constructor(keepMs: number) {
    this.#keepMs = keepMs;
  }

  /** Remembers a position that is closed; others are passed over. */
  note(position: Position): void {
    const trade = toClosedTrade(position);
    if (trade === undefined) return;
    const known = this.#bySymbol.get(trade.symbol) ?? [];
    this.#bySymbol.set(trade.symbol, known);
    const before = trade.closedAt - this.#keepMs;
    insert(known, trade, ({ closedAt }) => closedAt);
    dropBefore(known, before, ({ closedAt }) => closedAt);
    if (!trade.isStop) return;
    insert(this.#stopTimes, trade.closedAt, (at) => at);
    dropBefore(this.#stopTimes, before, (at) => at);
  }

  /** Oldest first. */
  of(symbol: string): readonly ClosedTrade[] {
    return this.#bySymbol.get(symbol) ?? [];
  }

  /** Ascending. */
  get stopTimes(): readonly number[] {
    return this.#stopTimes;
  }
}

function toClosedTrade(position: Position): ClosedTrade | undefined {
  const { symbol, status, closedAt, exitReason, entryPrice, realizedPnl, sizeBase } = position;
  if (status !== 'closed' || closedAt === undefined || entryPrice === undefined) return undefined;
  const paid = entryPrice.times(sizeBase);
  const result = paid.isZero() ? undefined : realizedPnl?.div(paid).times(100);
  const isStop = exitReason === 'stop_loss' || exitReason === 'trailing';
  return { symbol, closedAt, isStop, resultPct: result?.toNumber() ?? 0 };
}

/** Trades of several symbols are not always noted in the order of their times. */
function insert<T>(sorted: T[], item: T, timeOf: (item: T) => number): void {
  let at = sorted.length;
  while (at > 0 && timeOf(sorted[at - 1] as T) > timeOf(item)) at -= 1;
  sorted.splice(at, 0, item);
}

function dropBefore<T>(sorted: T[], beforeMs: number, timeOf: (item: T) => number): void {
  const first = sorted.findIndex((item) => timeOf(item) >= beforeMs);
  if (first > 0) sorted.splice(0, first);
}
