import type { LabelThresholds } from '../domain/model-record.js';
import type { Probabilities } from '../domain/signal.js';

/** What makes classes of a regressor's answer. Log returns. */
export interface ReturnScale {
  /** Root mean squared error on rows that the model never saw. */
  readonly rmse: number;
  /** Beyond these a move pays for the round trip. */
  readonly thresholds: LabelThresholds;
}

/**
 * How likely SELL, HOLD and BUY are when the return is normally distributed around what the model
 * expects, as widely as it erred on its test rows. Real errors have fatter tails than that, so a high
 * probability is somewhat too high; near 50 %, where almost all are, the form matters little.
 */
export function returnProbabilities(
  expectedReturn: number,
  { rmse, thresholds }: ReturnScale,
): Probabilities {
  const below = (limit: number): number => normalShare((limit - expectedReturn) / rmse);
  const sell = below(thresholds.sell);
  const buy = 1 - below(thresholds.buy);
  return [sell, Math.max(0, 1 - sell - buy), buy];
}

/**
 * Share of the standard normal distribution below `z`. Hart's rational approximation as given by
 * G. West, "Better approximations to cumulative normal functions" (2005): 15 digits.
 */
export function normalShare(z: number): number {
  if (Number.isNaN(z)) return 0.5;
  const tail = upperTail(Math.abs(z));
  return z > 0 ? 1 - tail : tail;
}

const NUMERATOR = [
  3.52624965998911e-2, 0.700383064443688, 6.37396220353165, 33.912866078383, 112.079291497871,
  221.213596169931, 220.206867912376,
];
const DENOMINATOR = [
  8.83883476483184e-2, 1.75566716318264, 16.064177579207, 86.7807322029461, 296.564248779674,
  637.333633378831, 793.826512519948, 440.413735824752,
];

function upperTail(z: number): number {
  if (z > 37) return 0;
  const density = Math.exp((-z * z) / 2);
  if (z < 7.07106781186547)
    return (density * polynomial(NUMERATOR, z)) / polynomial(DENOMINATOR, z);
  const fraction = z + 1 / (z + 2 / (z + 3 / (z + 4 / (z + 0.65))));
  return density / fraction / 2.506628274631;
}

function polynomial(coefficients: readonly number[], z: number): number {
  return coefficients.reduce((sum, coefficient) => sum * z + coefficient, 0);
}
