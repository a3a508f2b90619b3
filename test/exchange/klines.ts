import { timeframeMs, type Timeframe } from '../../src/domain/timeframe.js';

/** `count` bars in Binance's form from `fromMs` on; a slow wave, so that every bar differs. */
export function makeKlines(
  fromMs: number,
  count: number,
  timeframe: Timeframe = '1h',
): unknown[][] {
  const stepMs = timeframeMs(timeframe);
  return Array.from({ length: count }, (_, index) => {
    const open = 100 + Math.sin(index / 20) * 5;
    const close = 100 + Math.sin((index + 1) / 20) * 5;
    const openTime = fromMs + index * stepMs;
    const prices = [open, Math.max(open, close) + 0.5, Math.min(open, close) - 0.5, close];
    const closeTime = openTime + stepMs - 1;
    return [openTime, ...prices.map(String), '12.5', closeTime, '1250', 10, '6', '600', '0'];
  });
}
