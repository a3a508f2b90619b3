import { describe, expect, it } from 'vitest';
import { toTrades } from '../../src/backtest/result/to-trades.js';
import type { Candle } from '../../src/domain/candle.js';
import { seededRandom, type Random } from '../../src/lib/seeded-random.js';
import { historyOf, RULES, runOn } from './backtest-runs.js';

/** All of them with `npm run test:long`. */
const SEEDS = process.env['EVENKEEL_TEST_LONG'] === 'true' ? 200 : 60;
const BARS = 700;
const STEPS_A_BAR = 40;
/** Of a step's return: an hour moves by a quarter of a percent. */
const STEP_VOLATILITY = 0.0004;
const SPREAD_PCT = 0.02;
const COSTS = { feeRate: RULES.feeRate, slippagePct: 0, spreadPct: SPREAD_PCT };
const START_EQUITY = 10_000;

/** Prices without direction: what is to come is worth what is paid, whatever came before. */
function walk(random: Random): Candle[] {
  let price = 100;
  return Array.from({ length: BARS }, (_, bar) => {
    const open = price;
    let [high, low] = [open, open];
    for (let step = 0; step < STEPS_A_BAR; step++) {
      // A martingale: up and down are equally likely and equally large in price.
      price *= 1 + (random() < 0.5 ? -STEP_VOLATILITY : STEP_VOLATILITY);
      high = Math.max(high, price);
      low = Math.min(low, price);
    }
    const openTime = Date.UTC(2024, 0, 1) + bar * 3_600_000;
    return { openTime, open, high, low, close: price, volume: 1e9 };
  });
}

/** Return and costs of one walk. */
interface Outcome {
  /** Return after costs, and what the costs took, as fractions of the start. */
  readonly net: number;
  readonly costs: number;
  readonly trades: number;
}

async function runSeed(seed: number): Promise<Outcome> {
  const random = seededRandom(seed.toString(16).padStart(32, 'd'));
  const history = historyOf({ 'WALK/USDT': walk(random) });
  const run = await runOn(history, {
    minFallbackConfidence: 0,
    stopLossPct: 1,
    spreadPct: SPREAD_PCT,
  });
  const { trades } = toTrades(history, run, COSTS);
  const half = SPREAD_PCT / 200;
  let [net, costs] = [0, 0];
  for (const { entryPrice, exitPrice, sizeBase, feeQuote, pnlQuote, exit } of trades) {
    const entrySpread = (sizeBase * entryPrice * half) / (1 + half);
    // A stop inside a bar fills at its level, without a spread.
    const exitSpread = exit === 'stop' ? 0 : (sizeBase * exitPrice * half) / (1 - half);
    costs += feeQuote + entrySpread + exitSpread;
    net += pnlQuote;
  }
  return { net: net / START_EQUITY, costs: costs / START_EQUITY, trades: trades.length };
}

function meanOf(values: readonly number[]): { readonly mean: number; readonly error: number } {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance =
    values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1);
  return { mean, error: Math.sqrt(variance / values.length) };
}

describe('the rules on random walks', () => {
  it(`lose what trading costs and nothing else, over ${SEEDS} walks`, async () => {
    const outcomes: Outcome[] = [];
    for (let seed = 1; seed <= SEEDS; seed++) outcomes.push(await runSeed(seed));
    const before = meanOf(outcomes.map(({ net, costs }) => net + costs));
    const costs = meanOf(outcomes.map((one) => one.costs));
    expect(Math.abs(before.mean)).toBeLessThan(2 * before.error);
    // Else a run that forgets its costs would pass too.
    expect(costs.mean).toBeGreaterThan(4 * before.error);
    expect(meanOf(outcomes.map((one) => one.trades)).mean).toBeGreaterThan(10);
  });
});
