import { DAYS_A_YEAR, DAY_MS } from './calendar.js';
import {
  daysOf,
  largestDrawdown,
  toDaily,
  type Drawdown,
  type EquityCurve,
} from './equity-curve.js';
import { mean, standardDeviation } from './statistics.js';

/** What the equity of a run did. Fractions: 0.1 is 10 %. A figure that is not defined is undefined. */
export interface Performance {
  readonly days: number;
  readonly totalReturn: number;
  /** Compound: (1 + total)^(365 / days) − 1. */
  readonly annualReturn: number | undefined;
  /** Standard deviation of daily returns × √365. */
  readonly annualVolatility: number | undefined;
  /** Mean over standard deviation of daily returns × √365, no interest on cash (Sharpe, 1994). */
  readonly sharpe: number | undefined;
  /** As Sharpe, over the root mean square of the negative daily returns (Sortino and van der Meer, 1991). */
  readonly sortino: number | undefined;
  /** Annual return over the depth of the largest drawdown (Young, 1991). */
  readonly calmar: number | undefined;
  readonly drawdown: Drawdown;
  /** From the peak until it was reached again, or to the end. */
  readonly drawdownDays: number;
}

export function performanceOf(curve: EquityCurve, startEquity: number): Performance {
  const { returns } = toDaily(curve, startEquity);
  const last = curve.equity.at(-1) ?? startEquity;
  const days = daysOf(curve);
  const totalReturn = last / startEquity - 1;
  const annualReturn = annualised(totalReturn, days);
  const drawdown = largestDrawdown(curve);
  return {
    days,
    totalReturn,
    annualReturn,
    annualVolatility: defined(standardDeviation(returns) * Math.sqrt(DAYS_A_YEAR)),
    sharpe: sharpeOf(returns),
    sortino: sortinoOf(returns),
    calmar: defined((annualReturn ?? NaN) / drawdown.depth),
    drawdown,
    drawdownDays: ((drawdown.recoveredAt ?? curve.at.at(-1) ?? 0) - drawdown.peakAt) / DAY_MS,
  };
}

/** Annualised Sharpe ratio of daily returns; undefined where they do not vary. */
export function sharpeOf(returns: readonly number[]): number | undefined {
  return defined((mean(returns) / standardDeviation(returns)) * Math.sqrt(DAYS_A_YEAR));
}

export function sortinoOf(returns: readonly number[]): number | undefined {
  const downside = Math.sqrt(mean(returns.map((value) => Math.min(value, 0) ** 2)));
  return defined((mean(returns) / downside) * Math.sqrt(DAYS_A_YEAR));
}

/** Undefined under a day: an hour's return, compounded 8,760 times, says nothing. */
function annualised(totalReturn: number, days: number): number | undefined {
  if (days < 1) return undefined;
  return defined((1 + totalReturn) ** (DAYS_A_YEAR / days) - 1);
}

/** The same of daily returns. */
export function annualOf(returns: readonly number[]): number | undefined {
  let growth = 1;
  for (const value of returns) growth *= 1 + value;
  return annualised(growth - 1, returns.length);
}

/** No figure that is not a number leaves this module. */
export function defined(value: number): number | undefined {
  return Number.isFinite(value) ? value : undefined;
}
