import { describe, expect, it } from 'vitest';
import { partialBar, priceAlongPath } from './bar-path.js';

const rising = { openTime: 0, open: 100, high: 112, low: 94, close: 106, volume: 30 };
const falling = { openTime: 0, open: 106, high: 112, low: 94, close: 100, volume: 30 };
const decimals = { priceDecimals: 2, quantityDecimals: 3 };

describe('the path inside a bar', () => {
  it('goes over the low first when the bar rises', () => {
    const prices = [0, 1 / 6, 1 / 3, 1 / 2, 2 / 3, 5 / 6, 1].map((f) => priceAlongPath(rising, f));
    expect(prices.map((price) => Number(price.toFixed(9)))).toEqual([
      100, 97, 94, 103, 112, 109, 106,
    ]);
  });

  it('goes over the high first when the bar falls', () => {
    const prices = [0, 1 / 3, 2 / 3, 1].map((f) => priceAlongPath(falling, f));
    expect(prices.map((price) => Number(price.toFixed(9)))).toEqual([106, 112, 94, 100]);
  });

  it('takes a bar that closes where it opened as a rising one', () => {
    expect(priceAlongPath({ ...rising, close: 100 }, 1 / 3)).toBe(94);
  });

  it('stays at its ends outside of the bar', () => {
    expect(priceAlongPath(rising, -1)).toBe(100);
    expect(priceAlongPath(rising, 2)).toBe(106);
  });
});

describe('an unfinished bar', () => {
  it('shows neither extreme before the path has reached it', () => {
    const early = partialBar(rising, { fraction: 1 / 6, ...decimals });
    expect(early).toEqual({ openTime: 0, open: 100, high: 100, low: 97, close: 97, volume: 5 });
    const middle = partialBar(rising, { fraction: 0.5, ...decimals });
    expect(middle).toEqual({ openTime: 0, open: 100, high: 103, low: 94, close: 103, volume: 15 });
  });

  it('keeps the extremes that the path has passed', () => {
    const late = partialBar(falling, { fraction: 5 / 6, ...decimals });
    expect(late).toEqual({ openTime: 0, open: 106, high: 112, low: 94, close: 97, volume: 25 });
  });

  it('rounds to what the pair can express', () => {
    const bar = partialBar(rising, { fraction: 0.123456, ...decimals });
    expect([bar.close, bar.volume]).toEqual([97.78, 3.704]);
  });

  it('is the whole bar at its end', () => {
    expect(partialBar(rising, { fraction: 1, ...decimals })).toEqual(rising);
  });
});
