import type { LabelThresholds } from '../domain/model-record.js';
import {
  DIRECTIONS,
  type Direction,
  type Prediction,
  type Probabilities,
} from '../domain/signal.js';

export interface PredictedDirection {
  readonly prediction: Direction;
  /** 100 times the probability of the prediction, never rescaled; a classifier's is 33.3 to 100. */
  readonly confidence: number;
}

/** What a prediction says; of a regressor by the scale that its model was judged with. */
export function directionOf(
  { probabilities, expectedReturn }: Pick<Prediction, 'probabilities' | 'expectedReturn'>,
  returnScale: { readonly thresholds: LabelThresholds } | undefined,
): PredictedDirection {
  if (returnScale === undefined) return classifierDirection(probabilities);
  return regressorDirection(expectedReturn, returnScale.thresholds, probabilities);
}

/** Class of the greatest probability. Where two are equally great, HOLD wins, then SELL. */
export function classifierDirection(probabilities: Probabilities): PredictedDirection {
  const [sell, hold, buy] = probabilities;
  const greatest = Math.max(sell, hold, buy);
  const prediction = hold === greatest ? 'HOLD' : sell === greatest ? 'SELL' : 'BUY';
  return { prediction, confidence: 100 * greatest };
}

/**
 * What a regressor says: BUY or SELL where the return that it expects pays for the round trip. The
 * probability is how likely the return itself lies on that side of the cost, by the model's test errors.
 */
export function regressorDirection(
  expectedReturn: number,
  thresholds: LabelThresholds,
  probabilities: Probabilities,
): PredictedDirection {
  const prediction =
    expectedReturn > 0 && expectedReturn >= thresholds.buy
      ? 'BUY'
      : expectedReturn < 0 && expectedReturn <= thresholds.sell
        ? 'SELL'
        : 'HOLD';
  return { prediction, confidence: 100 * probabilities[directionIndex(prediction)] };
}

/** Place of a direction in labels, probabilities and model outputs. */
export function directionIndex(direction: Direction): 0 | 1 | 2 {
  // The tuple has three elements and the direction is one of them.
  return DIRECTIONS.indexOf(direction) as 0 | 1 | 2;
}
