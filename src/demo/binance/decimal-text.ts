/** Binance writes every price and quantity with eight decimals. */
const DECIMALS = 8;

/** A number as Binance writes it; with more decimals only where eight would lose something. */
export function decimalText(value: number): string {
  const text = value.toFixed(DECIMALS);
  return Number(text) === value ? text : exactText(value);
}

/** An amount that was computed, not read: eight decimals are enough. */
export function roundedText(value: number): string {
  return value.toFixed(DECIMALS);
}

function exactText(value: number): string {
  const shortest = String(value);
  return shortest.includes('e') ? value.toFixed(20) : shortest;
}
