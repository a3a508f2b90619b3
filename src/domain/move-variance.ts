import type { ModelRecord } from './model-record.js';
import type { Probabilities } from './signal.js';

/** What a model knows of its own spread. */
export interface ModelSpread {
  /** Mean forward log return of SELL, HOLD and BUY. */
  readonly classMeanReturns?: readonly [number, number, number] | null | undefined;
  /** Root mean square error of a regressor on its test rows, in log return. */
  readonly rmse?: number | null | undefined;
}

export function spreadOf({ classMeanReturns, testScore }: ModelRecord): ModelSpread {
  return { classMeanReturns, rmse: testScore?.regression?.rmse };
}

/**
 * Variance of the forward log return as the model sees it: a regressor's squared error, else the spread of
 * the classes' mean returns by their probabilities, which leaves out the spread within a class.
 */
export function moveVarianceOf(
  { classMeanReturns, rmse }: ModelSpread,
  probabilities: Probabilities,
): number | undefined {
  if (rmse !== undefined && rmse !== null) return rmse ** 2;
  if (classMeanReturns === undefined || classMeanReturns === null) return undefined;
  const meanOf = (values: readonly number[]): number =>
    probabilities.reduce((sum, share, at) => sum + share * (values[at] ?? NaN), 0);
  const mean = meanOf(classMeanReturns);
  return meanOf(classMeanReturns.map((value) => (value - mean) ** 2));
}
