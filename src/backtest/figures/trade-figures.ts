import { groupBy } from '../../lib/group-by.js';
import { defined } from './performance.js';
import { mean, standardDeviation } from './statistics.js';
import type { Trade } from './trade.js';

export interface TradeFigures {
  readonly trades: number;
  /** Share of trades that earned after fees. */
  readonly winRate: number | undefined;
  /** Gains over losses, both after fees; undefined without a loss. */
  readonly profitFactor: number | undefined;
  /** Mean result of a trade in quote currency. */
  readonly expectancy: number | undefined;
  /** System quality number: √trades × mean over standard deviation of the trades' returns (Tharp, 2008). */
  readonly sqn: number | undefined;
  readonly feesPaid: number;
  readonly pnlQuote: number;
}

/** A group of trades, such as those of one symbol, with its figures. */
export interface TradeGroup extends TradeFigures {
  readonly name: string;
}

export function tradeFigures(trades: readonly Trade[]): TradeFigures {
  const results = trades.map(({ pnlQuote }) => pnlQuote);
  const returns = trades.map(({ pnlFraction }) => pnlFraction);
  const gains = sum(results.filter((result) => result > 0));
  const losses = -sum(results.filter((result) => result < 0));
  const wins = results.filter((result) => result > 0).length;
  return {
    trades: trades.length,
    winRate: defined(wins / trades.length),
    profitFactor: defined(gains / losses),
    expectancy: defined(mean(results)),
    sqn: defined((Math.sqrt(trades.length) * mean(returns)) / standardDeviation(returns)),
    feesPaid: sum(trades.map(({ feeQuote }) => feeQuote)),
    pnlQuote: sum(results),
  };
}

/** Figures of each group that `nameOf` makes, most trades first. */
export function groupTrades(
  trades: readonly Trade[],
  nameOf: (trade: Trade) => string,
): readonly TradeGroup[] {
  return [...groupBy(trades, nameOf)]
    .map(([name, members]) => ({ name, ...tradeFigures(members) }))
    .sort((one, other) => other.trades - one.trades || (one.name < other.name ? -1 : 1));
}

function sum(values: readonly number[]): number {
  let total = 0;
  for (const value of values) total += value;
  return total;
}
