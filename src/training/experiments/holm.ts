/**
 * Adjusts p-values for their number, so that the chance of one false finding among all stays below the level (Holm,
 * "A simple sequentially rejective multiple test procedure", 1979).
 *
 * @returns in the order of the given ones, never above 1
 */
export function adjustByHolm(pValues: readonly number[]): readonly number[] {
  const ranked = pValues.map((pValue, at) => ({ pValue, at }));
  ranked.sort((one, other) => one.pValue - other.pValue);
  const adjusted = pValues.map(() => 1);
  let largest = 0;
  ranked.forEach(({ pValue, at }, rank) => {
    largest = Math.max(largest, Math.min(1, (pValues.length - rank) * pValue));
    adjusted[at] = largest;
  });
  return adjusted;
}
