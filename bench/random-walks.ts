import type { Candle } from '../src/domain/candle.js';
import { seededRandom, type Random } from '../src/lib/seeded-random.js';
import type { PairCandles } from './markets.js';
import { gaussian } from '../test/gaussian.js';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2023, 0, 1);
/** Moves inside a bar; they give its high and low. */
const STEPS_A_BAR = 12;
const HOURLY_VOLATILITY = 0.006;
/** Typical GARCH(1, 1) parameters of hourly returns of currencies: shocks fade within days. */
const GARCH = { alpha: 0.08, beta: 0.9 } as const;

export type WalkKind = 'iid' | 'clustered';

export interface WalkOptions {
  readonly kind: WalkKind;
  readonly seed: number;
  readonly bars: number;
}

/**
 * A market whose direction cannot be predicted: each move goes up or down with equal chance. In the
 * `clustered` kind volatility and volume can be predicted, as in real markets.
 */
export function randomWalk({ kind, seed, bars }: WalkOptions): PairCandles {
  const random = seededRandom(seed.toString(16).padStart(8, '0').repeat(4));
  const candles: Candle[] = [];
  let variance = HOURLY_VOLATILITY ** 2;
  let open = 100;
  for (let bar = 0; bar < bars; bar++) {
    const candle = walkBar(random, { open, volatility: Math.sqrt(variance), bar });
    candles.push(candle);
    const move = Math.log(candle.close / open);
    if (kind === 'clustered') variance = nextVariance(variance, move);
    open = candle.close;
  }
  return { symbol: `${kind.toUpperCase()}${seed}/USDT`, candles };
}

function nextVariance(variance: number, move: number): number {
  const { alpha, beta } = GARCH;
  return (1 - alpha - beta) * HOURLY_VOLATILITY ** 2 + alpha * move ** 2 + beta * variance;
}

interface BarStart {
  readonly open: number;
  readonly volatility: number;
  readonly bar: number;
}

function walkBar(random: Random, { open, volatility, bar }: BarStart): Candle {
  const step = volatility / Math.sqrt(STEPS_A_BAR);
  let [high, low, close] = [open, open, open];
  for (let at = 0; at < STEPS_A_BAR; at++) {
    close *= Math.exp(step * gaussian(random));
    high = Math.max(high, close);
    low = Math.min(low, close);
  }
  const volume = 1000 * (volatility / HOURLY_VOLATILITY) * Math.exp(0.3 * gaussian(random));
  return { openTime: START_MS + bar * HOUR_MS, open, high, low, close, volume };
}
