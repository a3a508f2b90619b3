import type { LabelThresholds, RegressionScore, TestScore } from '../../domain/model-record.js';
import { returnProbabilities } from '../../models/return-probabilities.js';
import { bootstrapMean, DEFAULT_BOOTSTRAP, type BootstrapOptions } from './block-bootstrap.js';
import { calibrationError } from './classification.js';
import { classify, directionalAuc } from './classification.js';
import {
  allocateLosses,
  meanLoss,
  multiclassLosses,
  type Prior,
  type RowLosses,
} from './losses.js';
import { seededRandom } from '../../lib/seeded-random.js';

const CLASSES = 3;
const [SELL, HOLD, BUY] = [0, 1, 2] as const;

/** Predictions of a regressor for rows in time order that it never saw; returns are log returns. */
export interface PredictedReturns {
  readonly predictions: ArrayLike<number>;
  readonly returns: ArrayLike<number>;
  /** Class of each return: whether it would have paid for the round trip. */
  readonly labels: ArrayLike<number>;
  readonly thresholds: LabelThresholds;
  /** Class frequencies of the training part. */
  readonly prior: Prior;
}

/**
 * Scores a regressor: its errors compared with those of persistence, which expects no change, and how often the
 * sign is right where the price moved by more than a round trip costs. Class probabilities follow from the RMSE of
 * these rows; one parameter taken from the test rows hardly flatters them.
 */
export function scoreRegressor(
  predicted: PredictedReturns,
  seedHex: string,
  bootstrap: BootstrapOptions = DEFAULT_BOOTSTRAP,
): TestScore {
  const { labels, prior } = predicted;
  const errors = toErrors(predicted);
  const direction = signLosses(predicted);
  const directionGains = direction.prior.map((loss, row) => loss - (direction.model[row] ?? NaN));
  const ones = new Float64Array(labels.length).fill(1);
  const scale = { rmse: errors.rmse, thresholds: predicted.thresholds };
  const probabilities = rowsOf(predicted, (value) => returnProbabilities(value, scale));
  const losses = multiclassLosses({ probabilities, labels, prior });
  const signals = rowsOf(predicted, (value) => signalOf(value, predicted.thresholds));
  return {
    rows: labels.length,
    logLoss: meanLoss(losses.model, losses.weight),
    priorLogLoss: meanLoss(losses.prior, losses.weight),
    skill: bootstrapMean(errors.gains, ones, seededRandom(seedHex), bootstrap),
    directionRows: direction.weight.reduce((sum, weight) => sum + weight, 0),
    directionSkill: bootstrapMean(
      directionGains,
      direction.weight,
      seededRandom(seedHex),
      bootstrap,
    ),
    directionalAuc: directionalAuc(probabilities, labels),
    ...classify(signals, labels),
    calibrationError: calibrationError(probabilities, labels),
    regression: scoreErrors(predicted),
  };
}

/** The errors alone, compared with those of persistence. */
export function scoreErrors(
  predicted: Pick<PredictedReturns, 'predictions' | 'returns'>,
): RegressionScore {
  const { rmse, mae, r2, persistenceRmse, persistenceMae } = toErrors(predicted);
  return { rmse, mae, r2, persistenceRmse, persistenceMae };
}

function toErrors({ predictions, returns }: Pick<PredictedReturns, 'predictions' | 'returns'>) {
  const rows = returns.length;
  const own = Array.from(returns, (value, row) => value - (predictions[row] ?? NaN));
  const all = Array.from(returns);
  const mean = meanOf(all);
  const persistence = meanOf(all.map((value) => value ** 2));
  const gains = new Float64Array(rows);
  for (let row = 0; row < rows; row++) {
    gains[row] = ((all[row] ?? NaN) ** 2 - (own[row] ?? NaN) ** 2) / persistence;
  }
  const squared = meanOf(own.map((value) => value ** 2));
  return {
    gains,
    rmse: Math.sqrt(squared),
    mae: meanOf(own.map(Math.abs)),
    r2: 1 - squared / meanOf(all.map((value) => (value - mean) ** 2)),
    persistenceRmse: Math.sqrt(persistence),
    persistenceMae: meanOf(all.map(Math.abs)),
  };
}

/** On the rows that moved: 1 where the sign is wrong, and 1 where the usual sign would have been. */
export function signLosses({
  predictions,
  labels,
  prior,
}: Pick<PredictedReturns, 'predictions' | 'labels' | 'prior'>): RowLosses {
  const losses = allocateLosses(labels.length);
  const usual = prior[BUY] >= prior[SELL] ? BUY : SELL;
  for (let row = 0; row < labels.length; row++) {
    if (labels[row] === HOLD) continue;
    const said = (predictions[row] ?? NaN) > 0 ? BUY : SELL;
    losses.model[row] = Number(said !== labels[row]);
    losses.prior[row] = Number(usual !== labels[row]);
    losses.weight[row] = 1;
  }
  return losses;
}

function rowsOf(
  { predictions }: PredictedReturns,
  toRow: (value: number) => readonly [number, number, number],
): Float64Array {
  const rows = new Float64Array(predictions.length * CLASSES);
  for (let row = 0; row < predictions.length; row++) {
    rows.set(toRow(predictions[row] ?? NaN), row * CLASSES);
  }
  return rows;
}

/** The signal as probabilities of 0 and 1, so that hits are counted as a classifier's. */
function signalOf(value: number, { sell, buy }: LabelThresholds): [number, number, number] {
  if (value < 0 && value <= sell) return [1, 0, 0];
  return value > 0 && value >= buy ? [0, 0, 1] : [0, 1, 0];
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
