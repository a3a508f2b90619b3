/**
 * How many of the first positions are such, by halving: all that are such come before all that are not.
 *
 * @param length positions from 0
 */
export function countLeading(length: number, isSuch: (position: number) => boolean): number {
  let [low, high] = [0, length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isSuch(middle)) low = middle + 1;
    else high = middle;
  }
  return low;
}
