/**
 * A window of rows: the rows of the newest bars up to one that count, oldest first. A bar that nothing traded in,
 * or that lacks a feature, has no row and is skipped, as it is no example either; but at most a quarter as many may
 * be skipped as the window has rows, so that a window never joins what lies far apart.
 */

/** Most rows of a window: so many bars before a candle are kept at hand. */
export const MAX_WINDOW_ROWS = 48;

/** How many bars before its own a window of so many rows may reach back. */
export function windowReachBars(windowRows: number): number {
  return windowRows - 1 + Math.floor(windowRows / 4);
}

/**
 * For each row of a list whether a window of the rows before it and itself is complete.
 *
 * @param barIndexes number of each row's bar, ascending
 */
export function haveWindows(barIndexes: ArrayLike<number>, windowRows: number): Uint8Array {
  const reach = windowReachBars(windowRows);
  const complete = new Uint8Array(barIndexes.length);
  for (let row = windowRows - 1; row < barIndexes.length; row++) {
    const oldest = barIndexes[row - windowRows + 1] ?? -Infinity;
    complete[row] = (barIndexes[row] ?? Infinity) - oldest <= reach ? 1 : 0;
  }
  return complete;
}
