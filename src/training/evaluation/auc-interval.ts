import type { Interval } from '../../domain/model-record.js';
import { countLeading } from '../../lib/count-leading.js';
import type { Random } from '../../lib/seeded-random.js';
import { bootstrapMean, DEFAULT_BOOTSTRAP, type BootstrapOptions } from './block-bootstrap.js';
import { BUY, directionOf, HOLD } from './losses.js';

/**
 * The directional AUC with one-sided 95 % bounds. Each row counts by how far it lies above the AUC among the rows of
 * the other side (placement values: DeLong, DeLong & Clarke-Pearson, 1988); their weighted mean is the AUC. They are
 * resampled in blocks, because neighbouring rows share their labels' windows: the variance of DeLong takes rows for
 * independent, and would be too small.
 *
 * @returns NaN everywhere where one side has no row
 */
export function aucInterval(
  probabilities: ArrayLike<number>,
  labels: ArrayLike<number>,
  random: Random,
  options: BootstrapOptions = DEFAULT_BOOTSTRAP,
): Interval {
  const scores = Float64Array.from(labels, (_, row) => directionOf(probabilities, row));
  const buys = scores.filter((_, row) => labels[row] === BUY).sort();
  const sells = scores.filter((_, row) => labels[row] !== BUY && labels[row] !== HOLD).sort();
  if (buys.length === 0 || sells.length === 0) return { estimate: NaN, lower: NaN, upper: NaN };
  const weight = Float64Array.from(labels, (label) => (label === HOLD ? 0 : 1));
  const places = scores.map((score, row) => {
    if (labels[row] === HOLD) return 0;
    return labels[row] === BUY ? shareBelow(sells, score) : 1 - shareBelow(buys, score);
  });
  const auc = meanOver(places, (row) => labels[row] === BUY);
  const rows = buys.length + sells.length;
  const values = places.map((place, row) => {
    if (labels[row] === HOLD) return 0;
    const side = labels[row] === BUY ? buys.length : sells.length;
    return auc + ((place - auc) * rows) / side;
  });
  const { lower, upper } = bootstrapMean(values, weight, random, options);
  return { estimate: auc, lower: Math.max(0, lower), upper: Math.min(1, upper) };
}

/** Share of the sorted values below one, equals counting half. */
function shareBelow(sorted: Float64Array, value: number): number {
  const { length } = sorted;
  const below = countLeading(length, (at) => (sorted[at] ?? NaN) < value);
  const equal = countLeading(length, (at) => (sorted[at] ?? NaN) <= value) - below;
  return (below + equal / 2) / length;
}

function meanOver(values: Float64Array, counts: (row: number) => boolean): number {
  const chosen = values.filter((_, row) => counts(row));
  return chosen.reduce((sum, value) => sum + value, 0) / chosen.length;
}
