import { BarState, type CandleColumns } from '../../src/domain/candle-columns.js';
import { computeFeatureMatrix } from '../../src/features/feature-matrix.js';
import { seededRandom, type Random } from '../../src/lib/seeded-random.js';
import { compareRows, type FeatureDrift } from '../../src/training/evaluation/measure-drift.js';
import { gaussian } from '../gaussian.js';

const FIRST_INDEX = 128 * 3_700;
const DEPTH_BARS = 768;

/** Sizes of a drift check. */
export interface Stretches {
  readonly features: readonly string[];
  /** Bars of the fit. */
  readonly trainBars: number;
  readonly newBars: number;
  /** What the new bars rise by on top, each, in usual moves. Default: nothing, the market stays the same. */
  readonly trend?: number;
}

/** Features of a market with the clustered volatility of hourly candles, GARCH(1, 1), old bars against new ones. */
export function compareStretches(
  seed: number,
  { features, trainBars, newBars, trend = 0 }: Stretches,
): FeatureDrift {
  const series = clusteredMarket(seed, { bars: DEPTH_BARS + trainBars + newBars, newBars, trend });
  const from = FIRST_INDEX + DEPTH_BARS;
  const rowsOf = (fromIndex: number, toIndex: number) =>
    computeFeatureMatrix({ series, reference: undefined, features, fromIndex, toIndex });
  const before = rowsOf(from, from + trainBars);
  const after = rowsOf(from + trainBars, from + trainBars + newBars);
  return compareRows(before, after, features);
}

function clusteredMarket(
  seed: number,
  { bars, newBars, trend }: { bars: number; newBars: number; trend: number },
): CandleColumns {
  const random = seededOf(seed);
  const columns = Array.from({ length: 5 }, () => new Float64Array(bars));
  const [open, high, low, closes, volume] = columns as [
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
    Float64Array,
  ];
  const [alpha, beta, mean] = [0.08, 0.9, 1e-4];
  let [variance, last, close] = [mean, 0, 100];
  for (let bar = 0; bar < bars; bar++) {
    variance = mean * (1 - alpha - beta) + alpha * last * last + beta * variance;
    last = Math.sqrt(variance) * gaussian(random);
    const move = bar < bars - newBars ? last : last + trend * Math.sqrt(mean);
    open[bar] = close;
    close *= Math.exp(move);
    closes[bar] = close;
    high[bar] = Math.max(open[bar] ?? 0, close) * (1 + 0.5 * Math.sqrt(variance) * random());
    low[bar] = Math.min(open[bar] ?? 0, close) / (1 + 0.5 * Math.sqrt(variance) * random());
    volume[bar] = 10 + 5 * random() + 400 * Math.abs(move);
  }
  const state = new Uint8Array(bars).fill(BarState.stored);
  const grid = {
    timeframe: '1h',
    firstIndex: FIRST_INDEX,
    length: bars,
    firstBarIndex: undefined,
  } as const;
  return { ...grid, open, high, low, close: closes, volume, state };
}

export function hexOf(seed: number): string {
  return seed.toString(16).padStart(8, '0').repeat(4);
}

export function seededOf(seed: number): Random {
  return seededRandom(hexOf(seed));
}
