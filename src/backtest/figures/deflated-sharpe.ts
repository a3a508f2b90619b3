import { DAYS_A_YEAR } from './calendar.js';
import { normalCdf, normalQuantile } from './normal-distribution.js';
import { kurtosis, mean, skewness, standardDeviation } from './statistics.js';

const EULER_MASCHERONI = 0.5772156649015329;

export interface DeflatedSharpe {
  /** Probability that the true Sharpe ratio is above what the best of so many runs shows by luck alone. */
  readonly probability: number;
  /** Annualised Sharpe ratio that is expected of the best run when none has any skill. */
  readonly expectedBest: number;
  /** Runs on the same data that were counted, this one included. */
  readonly runs: number;
}

/** What the probability depends on; Sharpe ratios are of one period, not annualised. */
export interface SharpeSample {
  readonly sharpe: number;
  readonly periods: number;
  readonly skewness: number;
  /** 3 for normal returns. */
  readonly kurtosis: number;
}

/**
 * Expected largest of the Sharpe ratios of `runs` independent runs without skill (Bailey and López de Prado, 2014,
 * equation 1 with a mean of 0).
 *
 * @param variance of the runs' Sharpe ratios
 */
export function expectedBestSharpe(runs: number, variance: number): number {
  if (runs < 2) return 0;
  const typical = (1 - EULER_MASCHERONI) * normalQuantile(1 - 1 / runs);
  const extreme = EULER_MASCHERONI * normalQuantile(1 - 1 / (runs * Math.E));
  return Math.sqrt(variance) * (typical + extreme);
}

/** Probability that the true Sharpe ratio is above `benchmark` (the same paper, equation 2). */
export function probabilisticSharpe(sample: SharpeSample, benchmark: number): number {
  const { sharpe, periods } = sample;
  const variance = 1 - sample.skewness * sharpe + ((sample.kurtosis - 1) / 4) * sharpe ** 2;
  return normalCdf(((sharpe - benchmark) * Math.sqrt(periods - 1)) / Math.sqrt(variance));
}

/**
 * @param returns daily returns of this run
 * @param earlier annualised Sharpe ratios of the other runs on the same data
 * @returns undefined where the returns do not vary
 */
export function deflatedSharpe(
  returns: readonly number[],
  earlier: readonly number[],
): DeflatedSharpe | undefined {
  const sharpe = mean(returns) / standardDeviation(returns);
  if (!Number.isFinite(sharpe) || returns.length < 3) return undefined;
  const all = [sharpe, ...earlier.map((annual) => annual / Math.sqrt(DAYS_A_YEAR))];
  const spread = all.length < 2 ? 0 : standardDeviation(all);
  const expected = expectedBestSharpe(all.length, spread ** 2);
  const sample = {
    sharpe,
    periods: returns.length,
    skewness: skewness(returns),
    kurtosis: kurtosis(returns),
  };
  return {
    probability: probabilisticSharpe(sample, expected),
    expectedBest: expected * Math.sqrt(DAYS_A_YEAR),
    runs: all.length,
  };
}
