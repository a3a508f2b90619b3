import { DIRECTIONS, type Direction, type Probabilities } from '../domain/signal.js';

export interface ModelOpinion {
  readonly prediction: Direction;
  /** 100 times the probability of the prediction, never rescaled: 33.3 to 100. */
  readonly confidence: number;
}

/** Class of the greatest probability. Where two are equally great, HOLD wins, then SELL. */
export function modelOpinion(probabilities: Probabilities): ModelOpinion {
  const [sell, hold, buy] = probabilities;
  const greatest = Math.max(sell, hold, buy);
  const prediction = hold === greatest ? 'HOLD' : sell === greatest ? 'SELL' : 'BUY';
  return { prediction, confidence: 100 * greatest };
}

/** Place of a direction in labels, probabilities and model outputs. */
export function directionIndex(direction: Direction): 0 | 1 | 2 {
  // The tuple has three elements and the direction is one of them.
  return DIRECTIONS.indexOf(direction) as 0 | 1 | 2;
}
