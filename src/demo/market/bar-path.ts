import type { Candle } from '../../domain/candle.js';

/**
 * Inside a bar the price moves along O→L→H→C when the bar rises (C ≥ O), else along O→H→L→C: three
 * straight legs of equal duration. Volume flows evenly. What a reader sees of an unfinished bar is what
 * this path has reached, and nothing that lies ahead of it.
 */
export function priceAlongPath(bar: Candle, fraction: number): number {
  const knots = knotsOf(bar);
  const position = Math.min(Math.max(fraction, 0), 1) * 3;
  const leg = Math.min(Math.floor(position), 2);
  const from = knots[leg] ?? bar.open;
  const to = knots[leg + 1] ?? bar.close;
  return from + (to - from) * (position - leg);
}

export interface PartialBarOptions {
  /** Part of the bar's duration that has passed, 0 to 1. */
  readonly fraction: number;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
}

/** The bar as it looks once `fraction` of its duration has passed. */
export function partialBar(bar: Candle, options: PartialBarOptions): Candle {
  const { fraction, priceDecimals, quantityDecimals } = options;
  if (fraction >= 1) return bar;
  const close = Number(priceAlongPath(bar, fraction).toFixed(priceDecimals));
  const passed = knotsOf(bar).slice(0, Math.floor(fraction * 3) + 1);
  return {
    openTime: bar.openTime,
    open: bar.open,
    high: Math.max(close, ...passed),
    low: Math.min(close, ...passed),
    close,
    volume: Number((bar.volume * fraction).toFixed(quantityDecimals)),
  };
}

/** The four prices that the path joins, in their order. */
export function knotsOf(bar: Candle): readonly [number, number, number, number] {
  return bar.close >= bar.open
    ? [bar.open, bar.low, bar.high, bar.close]
    : [bar.open, bar.high, bar.low, bar.close];
}
