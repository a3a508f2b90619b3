import { argmaxOf } from './classification.js';

/** Equal bins of confidence between 0 and 1, as in Guo et al., "On Calibration of Modern Neural Networks" (2017). */
export const CALIBRATION_BINS = 15;

/**
 * Expected calibration error of the winning class: over the bins of its probability, the mean distance
 * between how sure the model was and how often it was right, weighted by the rows of the bin.
 */
export function calibrationError(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
): number {
  const surplus = new Float64Array(CALIBRATION_BINS);
  for (let row = 0; row < labels.length; row++) {
    const winner = argmaxOf(probabilities, row);
    const confidence = probabilities[row * 3 + winner] ?? 0;
    // Bins are open on the left: a confidence of 0.2 belongs to the bin that ends there.
    const bin = Math.min(
      Math.max(Math.ceil(confidence * CALIBRATION_BINS) - 1, 0),
      CALIBRATION_BINS - 1,
    );
    surplus[bin] = (surplus[bin] ?? 0) + confidence - (winner === labels[row] ? 1 : 0);
  }
  return surplus.reduce((total, value) => total + Math.abs(value), 0) / labels.length;
}
