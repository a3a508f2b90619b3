import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { runEngine, spanOf, type EngineResult } from '../../src/backtest/engine/run-engine.js';
import { FallbackSource } from '../../src/backtest/engine/signal-source.js';
import type { MarketHistory, SymbolHistory } from '../../src/backtest/history/market-history.js';
import { toColumns } from '../../src/domain/candle-columns.js';
import type { Candle } from '../../src/domain/candle.js';
import type { OrderRules } from '../../src/domain/market.js';
import { Money } from '../../src/domain/money.js';
import { seededRandom, type Random } from '../../src/lib/seeded-random.js';
import { NO_LIMITS } from '../trading/risk-limits.js';
import type { RiskLimits } from '../../src/risk/risk-limits.js';
import { decisionLagMs, type TradingRules } from '../../src/trading/trading-rules.js';

const HOUR_MS = 3_600_000;
const START = Date.UTC(2024, 0, 1);

export const RULES: TradingRules = {
  venue: 'files:test',
  account: 'backtest',
  currency: 'USDT',
  timeframe: '1h',
  bot: 'catboost',
  paperEquity: new Money(10_000),
  feeRate: new Money('0.001'),
  stopLossPct: 3,
  takeProfitPct: 0,
  trailingStopPct: 0,
  trailingStartPct: 0,
  maxHoldBars: 'auto',
  minEdgeCosts: 1,
  maxDecisionLagSec: 'auto',
  marketSpeed: 1,
  allowFallbackExecution: true,
  minModelConfidence: 40,
  minFallbackConfidence: 60,
  risk: NO_LIMITS,
};

export interface RunSettings {
  readonly stopLossPct?: number;
  readonly takeProfitPct?: number;
  readonly minFallbackConfidence?: number;
  readonly volumeShare?: number;
  readonly spreadPct?: number;
  readonly trailingStopPct?: number;
  readonly trailingStartPct?: number;
  readonly limits?: Partial<RiskLimits>;
  /** What the venue demands of orders in every market; see `withRules`. */
  readonly market?: Partial<OrderRules>;
}

export function runOn(history: MarketHistory, settings: RunSettings = {}): Promise<EngineResult> {
  const { volumeShare = 0.1, spreadPct = 0.02, limits, ...changes } = settings;
  const rules = { ...RULES, ...changes, risk: { ...NO_LIMITS, ...limits } };
  return runEngine({
    history,
    span: spanOf(history.symbols),
    signals: new FallbackSource(history, { bot: rules.bot, horizonBars: 4 }),
    rules,
    fills: {
      feeRate: rules.feeRate,
      slippagePct: 0,
      volumeShare,
      maxWaitMs: decisionLagMs(rules),
    },
    spreadPct,
    logger: SILENT_LOGGER,
    signal: new AbortController().signal,
  });
}

/** The same candles at a venue with other rules. */
export function withRules(
  history: MarketHistory,
  rules: Partial<OrderRules> | undefined,
): MarketHistory {
  const symbols = history.symbols.map((one) => ({
    ...one,
    instrument: { ...one.instrument, ...rules },
  }));
  return { ...history, symbols };
}

/** Markets of candles, by their symbols. */
export function historyOf(candlesOf: Readonly<Record<string, readonly Candle[]>>): MarketHistory {
  const symbols = Object.entries(candlesOf).map(([symbol, candles]): SymbolHistory => {
    const [base = '', quote = ''] = symbol.split('/');
    const instrument = {
      symbol,
      marketId: `${base}${quote}`,
      base,
      quote,
      sizeStep: '0.001',
      minCost: undefined,
    };
    const options = { timeframe: '1h', firstBarIndex: undefined, isKnownGap: () => true } as const;
    return { instrument, columns: toColumns(candles, options) };
  });
  return { venue: RULES.venue, timeframe: '1h', symbols, dataHash: 'f'.repeat(64) };
}

/** Walks with jumps, thin bars, gaps, one that is listed late and one that ends early. */
export function randomHistory(wanted: {
  readonly seed: number;
  readonly symbols: number;
  readonly bars: number;
}): MarketHistory {
  const candlesOf: Record<string, readonly Candle[]> = {};
  for (let number = 0; number < wanted.symbols; number++) {
    const random = seededRandom((wanted.seed * 100 + number).toString(16).padStart(32, 'a'));
    const candles = walk(random, wanted.bars);
    const from = number === 1 ? Math.floor(wanted.bars / 3) : 0;
    const to = number === 2 ? Math.floor(wanted.bars / 2) : wanted.bars;
    candlesOf[`S${number}/USDT`] = candles.slice(from, to);
  }
  return historyOf(candlesOf);
}

function walk(random: Random, bars: number): Candle[] {
  const candles: Candle[] = [];
  let close = 50 + 100 * random();
  for (let bar = 0; bar < bars; bar++) {
    const jump = random() < 0.03 ? 0.08 * (random() - 0.5) : 0;
    const open = Number((close * (1 + jump)).toFixed(4));
    close = Number((open * Math.exp(0.03 * (random() - 0.5))).toFixed(4));
    const high = Number((Math.max(open, close) * (1 + 0.02 * random())).toFixed(4));
    const low = Number((Math.min(open, close) * (1 - 0.02 * random())).toFixed(4));
    const volume = Number((random() < 0.2 ? 20 * random() : 500 * random()).toFixed(3));
    if (random() < 0.03) continue;
    candles.push({ openTime: START + bar * HOUR_MS, open, high, low, close, volume });
  }
  return candles;
}
