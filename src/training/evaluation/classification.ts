import type { CalibrationBin } from '../../domain/model-record.js';
import { BUY, directionOf, HOLD } from './losses.js';

const CLASSES = 3;

export interface Classification {
  readonly accuracy: number;
  /** Mean F1 of the classes; a class that neither occurs nor is predicted counts as 0. */
  readonly macroF1: number;
}

/** Class with the largest probability; the first of equals, as in numpy's `argmax`. */
export function argmaxOf(probabilities: ArrayLike<number>, row: number): number {
  let best = 0;
  for (let candidate = 1; candidate < CLASSES; candidate++) {
    const isLarger =
      (probabilities[row * 3 + candidate] ?? 0) > (probabilities[row * 3 + best] ?? 0);
    if (isLarger) best = candidate;
  }
  return best;
}

export function classify(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
): Classification {
  const actual = [0, 0, 0];
  const predicted = [0, 0, 0];
  const hits = [0, 0, 0];
  for (let row = 0; row < labels.length; row++) {
    const truth = labels[row] ?? 0;
    const guess = argmaxOf(probabilities, row);
    actual[truth] = (actual[truth] ?? 0) + 1;
    predicted[guess] = (predicted[guess] ?? 0) + 1;
    if (truth === guess) hits[truth] = (hits[truth] ?? 0) + 1;
  }
  const f1s = hits.map((hit, at) => {
    const either = (actual[at] ?? 0) + (predicted[at] ?? 0);
    return either === 0 ? 0 : (2 * hit) / either;
  });
  return { accuracy: sum(hits) / labels.length, macroF1: sum(f1s) / CLASSES };
}

/**
 * Area under the ROC curve of BUY against SELL on the non-HOLD rows: the chance that a BUY row ranks
 * above a SELL row, ties counting half (Mann-Whitney U). NaN where one side has no row.
 */
export function directionalAuc(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
): number {
  const rows: { score: number; isBuy: boolean }[] = [];
  for (let row = 0; row < labels.length; row++) {
    if (labels[row] === HOLD) continue;
    rows.push({ score: directionOf(probabilities, row), isBuy: labels[row] === BUY });
  }
  rows.sort((one, other) => one.score - other.score);
  const buys = rows.filter((row) => row.isBuy).length;
  const sells = rows.length - buys;
  return (rankSumOfBuys(rows) - (buys * (buys + 1)) / 2) / (buys * sells);
}

function rankSumOfBuys(rows: readonly { score: number; isBuy: boolean }[]): number {
  let rankSum = 0;
  for (let from = 0; from < rows.length;) {
    let to = from;
    let buys = 0;
    while (to < rows.length && rows[to]?.score === rows[from]?.score) {
      if (rows[to]?.isBuy === true) buys++;
      to++;
    }
    rankSum += (buys * (from + 1 + to)) / 2;
    from = to;
  }
  return rankSum;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}

/** Equal bins of confidence between 0 and 1, as in Guo et al., "On Calibration of Modern Neural Networks" (2017). */
export const CALIBRATION_BINS = 15;

/** How sure the model was of its winning class and how often that was right, by bins; those without a row are left out. */
export function calibrationBins(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
): readonly CalibrationBin[] {
  const rows = new Float64Array(CALIBRATION_BINS);
  const sureness = new Float64Array(CALIBRATION_BINS);
  const hits = new Float64Array(CALIBRATION_BINS);
  for (let row = 0; row < labels.length; row++) {
    const winner = argmaxOf(probabilities, row);
    const confidence = probabilities[row * 3 + winner] ?? 0;
    const bin = binOf(confidence);
    rows[bin] = (rows[bin] ?? 0) + 1;
    sureness[bin] = (sureness[bin] ?? 0) + confidence;
    hits[bin] = (hits[bin] ?? 0) + (winner === labels[row] ? 1 : 0);
  }
  return Array.from(rows, (count, bin) => ({
    from: bin / CALIBRATION_BINS,
    to: (bin + 1) / CALIBRATION_BINS,
    rows: count,
    confidence: (sureness[bin] ?? 0) / count,
    accuracy: (hits[bin] ?? 0) / count,
  })).filter((bin) => bin.rows > 0);
}

/** Bins are open on the left: a confidence of 0.2 belongs to the bin that ends there. */
function binOf(confidence: number): number {
  const bin = Math.ceil(confidence * CALIBRATION_BINS) - 1;
  return Math.min(Math.max(bin, 0), CALIBRATION_BINS - 1);
}

/**
 * Expected calibration error of the winning class: over the bins of its probability, the mean distance
 * between how sure the model was and how often it was right, weighted by the rows of the bin.
 */
export function calibrationError(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
): number {
  const surplus = calibrationBins(probabilities, labels).map(
    ({ rows, confidence, accuracy }) => rows * Math.abs(confidence - accuracy),
  );
  return sum(surplus) / labels.length;
}
