import type { ClassCounts } from '../../domain/class-weights.js';

/** Rows of each class. */
export function countClasses(labels: Int32Array): ClassCounts {
  const counts: [number, number, number] = [0, 0, 0];
  for (const label of labels) counts[label as 0 | 1 | 2]++;
  return counts;
}

/** Mean return of the rows of each class; a class without rows moves nothing. */
export function meanReturns(returns: Float64Array, labels: Int32Array): [number, number, number] {
  const sums: [number, number, number] = [0, 0, 0];
  const counts = countClasses(labels);
  labels.forEach((label, at) => (sums[label as 0 | 1 | 2] += returns[at] ?? 0));
  const meanOf = (at: 0 | 1 | 2): number => (counts[at] === 0 ? 0 : sums[at] / counts[at]);
  return [meanOf(0), meanOf(1), meanOf(2)];
}
