import type { Candle } from '../../domain/candle.js';
import { floorToBar, type Timeframe } from '../../domain/timeframe.js';

/** Quantities have eight decimals at most, so a sum is rounded there: 0.1 + 0.2 stays 0.3. */
const QUANTITY_DECIMALS = 8;

/** Joins ascending bars into bars of a coarser timeframe; one without any bar in it does not appear. */
export function resampleBars(bars: readonly Candle[], timeframe: Timeframe): Candle[] {
  const coarse: Candle[] = [];
  let from = 0;
  while (from < bars.length) {
    const openTime = floorToBar(bars[from]?.openTime ?? NaN, timeframe);
    let to = from + 1;
    while (to < bars.length && floorToBar(bars[to]?.openTime ?? NaN, timeframe) === openTime) to++;
    coarse.push(joinBars(bars.slice(from, to), openTime));
    from = to;
  }
  return coarse;
}

function joinBars(bars: readonly Candle[], openTime: number): Candle {
  const first = bars[0];
  const last = bars[bars.length - 1];
  if (first === undefined || last === undefined) throw new RangeError('No bars to join');
  let { high, low } = first;
  let volume = 0;
  for (const bar of bars) {
    high = Math.max(high, bar.high);
    low = Math.min(low, bar.low);
    volume += bar.volume;
  }
  volume = Number(volume.toFixed(QUANTITY_DECIMALS));
  return { openTime, open: first.open, high, low, close: last.close, volume };
}
