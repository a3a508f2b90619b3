import type { Candle } from '../../src/domain/candle.js';
import { timeframeMs, type Timeframe } from '../../src/domain/timeframe.js';
import { seededRandom } from '../../src/lib/seeded-random.js';
import { gaussian } from '../gaussian.js';

export interface PlantedOptions {
  readonly bars: number;
  readonly lastOpenTime: number;
  readonly timeframe?: Timeframe;
  readonly seed: number;
  /** Share of the last bar's return that comes again in the next one; 0 is a random walk. */
  readonly momentum: number;
}

const VOLATILITY = 0.01;

/** Candles whose returns follow r[t] = momentum · r[t − 1] + noise: what is learnt is known. */
export function plantedCandles(options: PlantedOptions): Candle[] {
  const { bars, lastOpenTime, timeframe = '1h', seed, momentum } = options;
  const random = seededRandom(seed.toString(16).padStart(8, '0').repeat(4));
  const stepMs = timeframeMs(timeframe);
  let close = 100;
  let lastReturn = 0;
  return Array.from({ length: bars }, (_, bar) => {
    lastReturn = momentum * lastReturn + VOLATILITY * gaussian(random);
    const open = close;
    close = open * Math.exp(lastReturn);
    const wick = 1 + 0.3 * VOLATILITY * random();
    return {
      openTime: lastOpenTime - (bars - 1 - bar) * stepMs,
      open,
      high: Math.max(open, close) * wick,
      low: Math.min(open, close) / wick,
      close,
      volume: 10 + 5 * random() + 400 * Math.abs(lastReturn),
    };
  });
}
