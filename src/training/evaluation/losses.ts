import type { ClassCounts } from '../../domain/class-weights.js';

/** Frequencies of SELL, HOLD, BUY. */
export type Prior = readonly [sell: number, hold: number, buy: number];

/** Keeps the logarithm of an impossible class finite; scikit-learn clips at the same order. */
const MIN_PROBABILITY = 1e-15;

/** Places of the classes; SELL is 0. */
export const HOLD = 1;
export const BUY = 2;

/** Losses of the model and of the prior on each row, in nat. Rows that do not count have the weight 0. */
export interface RowLosses {
  readonly model: Float64Array;
  readonly prior: Float64Array;
  /** 1 for a row that counts, else 0; its losses are then 0 too. */
  readonly weight: Float64Array;
}

export interface Predicted {
  /** Rows × 3, row-major: p(SELL), p(HOLD), p(BUY). */
  readonly probabilities: ArrayLike<number>;
  /** Class of each row: 0 SELL, 1 HOLD, 2 BUY. */
  readonly labels: ArrayLike<number>;
  /** Class frequencies of the training part. */
  readonly prior: Prior;
}

/** Unweighted frequencies of the classes. */
export function toPrior(counts: ClassCounts): Prior {
  const rows = counts[0] + counts[1] + counts[2];
  return [counts[0] / rows, counts[1] / rows, counts[2] / rows];
}

/** Log loss of each row over all three classes. */
export function multiclassLosses(predicted: Predicted): RowLosses {
  const losses = allocateLosses(predicted.labels.length);
  for (let row = 0; row < losses.model.length; row++) {
    const label = predicted.labels[row] ?? 0;
    losses.model[row] = lossOf(predicted.probabilities[row * 3 + label] ?? 0);
    losses.prior[row] = lossOf(predicted.prior[label] ?? 0);
    losses.weight[row] = 1;
  }
  return losses;
}

/**
 * Log loss of BUY against SELL on the rows that are one of them, by p(BUY) / (p(SELL) + p(BUY)): it
 * leaves out what the model knows about volatility.
 */
export function directionLosses(predicted: Predicted): RowLosses {
  const losses = allocateLosses(predicted.labels.length);
  const priorBuy = buyShare(predicted.prior[0], predicted.prior[2]);
  for (let row = 0; row < losses.model.length; row++) {
    const label = predicted.labels[row];
    if (label === HOLD) continue;
    const share = directionOf(predicted.probabilities, row);
    losses.model[row] = lossOf(label === BUY ? share : 1 - share);
    losses.prior[row] = lossOf(label === BUY ? priorBuy : 1 - priorBuy);
    losses.weight[row] = 1;
  }
  return losses;
}

/** p(BUY) of a row, given that it is BUY or SELL. */
export function directionOf(probabilities: ArrayLike<number>, row: number): number {
  return buyShare(probabilities[row * 3] ?? 0, probabilities[row * 3 + 2] ?? 0);
}

/** Mean of `losses` over the rows that count; NaN where none does. */
export function meanLoss(losses: Float64Array, weight: Float64Array): number {
  let sum = 0;
  let rows = 0;
  for (let row = 0; row < losses.length; row++) {
    sum += losses[row] ?? 0;
    rows += weight[row] ?? 0;
  }
  return sum / rows;
}

function buyShare(sell: number, buy: number): number {
  return sell + buy > 0 ? buy / (sell + buy) : 0.5;
}

function lossOf(probability: number): number {
  return -Math.log(Math.min(Math.max(probability, MIN_PROBABILITY), 1));
}

/** No row counts yet. */
export function allocateLosses(rows: number): RowLosses {
  return {
    model: new Float64Array(rows),
    prior: new Float64Array(rows),
    weight: new Float64Array(rows),
  };
}
