/** Bars that the volatility of a symbol is measured over: a week of hours. */
export const VOLATILITY_BARS = 168;

/** Fewer returns say little. */
const MIN_RETURNS = 24;

const DAY_MS = 86_400_000;

/**
 * Root mean square of the log returns between consecutive closes, scaled to a day by the square root of
 * time; undefined for fewer than 24 returns.
 *
 * @param closes of consecutive candles, oldest first
 */
export function dailyVolatilityOf(closes: readonly number[], barMs: number): number | undefined {
  const returns = closes.length - 1;
  if (returns < MIN_RETURNS) return undefined;
  let squares = 0;
  for (let at = 1; at < closes.length; at++) {
    squares += Math.log((closes[at] ?? NaN) / (closes[at - 1] ?? NaN)) ** 2;
  }
  const daily = Math.sqrt((squares / returns) * (DAY_MS / barMs));
  return Number.isFinite(daily) ? daily : undefined;
}
