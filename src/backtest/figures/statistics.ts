/** Moments of a sample. An empty sample has no mean: NaN. */

export function mean(values: readonly number[]): number {
  let sum = 0;
  for (const value of values) sum += value;
  return sum / values.length;
}

/** With n − 1 in the denominator; NaN under two values. */
export function standardDeviation(values: readonly number[]): number {
  if (values.length < 2) return NaN;
  const centre = mean(values);
  let sum = 0;
  for (const value of values) sum += (value - centre) ** 2;
  return Math.sqrt(sum / (values.length - 1));
}

/** Third standardised moment of the sample, 0 for a symmetric one. */
export function skewness(values: readonly number[]): number {
  return standardisedMoment(values, 3);
}

/** Fourth standardised moment of the sample, 3 for a normal one. */
export function kurtosis(values: readonly number[]): number {
  return standardisedMoment(values, 4);
}

function standardisedMoment(values: readonly number[], order: number): number {
  const centre = mean(values);
  const spread = Math.sqrt(mean(values.map((value) => (value - centre) ** 2)));
  if (spread === 0) return NaN;
  return mean(values.map((value) => ((value - centre) / spread) ** order));
}
