import { describe, expect, it } from 'vitest';
import { spanOf } from '../../src/backtest/engine/run-engine.js';
import { barAt } from '../../src/backtest/engine/bar-prices.js';
import { FallbackSource } from '../../src/backtest/engine/signal-source.js';
import { loadFolder } from '../../src/backtest/history/load-folder.js';
import { SystemClock } from '../../src/lib/clock.js';
import type { MarketHistory } from '../../src/backtest/history/market-history.js';
import { barOpenTime } from '../../src/domain/timeframe.js';
import { Money } from '../../src/domain/money.js';
import { DEFAULT_LIMITS } from '../trading/risk-limits.js';
import { findTestData } from '../test-data.js';
import { randomHistory, runOn, RULES, withRules, type RunSettings } from './backtest-runs.js';
import {
  backtestPlainly,
  type PlainBar,
  type PlainLimits,
  type PlainMarket,
  type PlainTrade,
} from './second-implementation.js';

const HOUR_MS = 3_600_000;

function toPlain(history: MarketHistory): PlainMarket[] {
  const source = new FallbackSource(history, { bot: 'catboost', horizonBars: 4 });
  return history.symbols.map(({ instrument, columns }, symbolAt) => {
    const bars = new Map<number, PlainBar>();
    const signals = new Map<number, readonly ['BUY' | 'HOLD' | 'SELL', number]>();
    for (let at = 0; at < columns.length; at++) {
      const bar = barAt(columns, columns.firstIndex + at);
      if (bar === undefined) continue;
      bars.set(bar.openTime, bar);
      const { prediction, confidence } = source.signalAt(symbolAt, at, bar.openTime);
      signals.set(bar.openTime, [prediction, confidence]);
    }
    const {
      symbol,
      sizeStep: step = '1',
      priceTick: tick,
      minSize = '0',
      minCost = '0',
    } = instrument;
    return { symbol, step, tick, minSize, minCost, bars, signals };
  });
}

function plainTrades(history: MarketHistory, settings: RunSettings): PlainTrade[] {
  const span = spanOf(history.symbols);
  return backtestPlainly(toPlain(history), {
    barMs: HOUR_MS,
    firstOpen: barOpenTime(span.firstIndex, '1h'),
    lastOpen: barOpenTime(span.lastIndex, '1h'),
    equity: 10_000,
    fraction: 0.1,
    fee: 0.001,
    stopPct: settings.stopLossPct ?? 3,
    targetPct: settings.takeProfitPct ?? 0,
    holdBars: 4,
    minConfidence: settings.minFallbackConfidence ?? RULES.minFallbackConfidence,
    halfSpread: 0.0001,
    volumeShare: settings.volumeShare ?? 0.1,
    maxWaitMs: HOUR_MS / 2,
    limits: toPlainLimits(settings),
  });
}

function toPlainLimits({
  limits = {},
  trailingStopPct = 0,
  trailingStartPct = 0,
}: RunSettings): PlainLimits {
  const { stopGuard, losingSymbol, capital } = limits;
  const isByVolatility = limits.positionSizing === 'volatility';
  return {
    trailPct: trailingStopPct,
    trailStartPct: trailingStartPct,
    maxOpen: limits.maxOpenPositions ?? 0,
    maxExposurePct: limits.maxExposurePct ?? 0,
    capital: capital?.toNumber() ?? 0,
    cooldown: limits.cooldownBars ?? 0,
    stopCooldown: limits.stopCooldownBars ?? 0,
    stopGuard: [stopGuard?.limit ?? 0, stopGuard?.bars ?? 0],
    losing: [losingSymbol?.limit ?? 0, losingSymbol?.bars ?? 0],
    dailyPct: limits.dailyLossPct ?? 0,
    drawdownPct: limits.maxDrawdownPct ?? 0,
    volatilityPct: isByVolatility ? (limits.volatilityTargetPct ?? 0) : 0,
  };
}

async function engineTrades(history: MarketHistory, settings: RunSettings): Promise<PlainTrade[]> {
  const { stores, barOf } = await runOn(history, settings);
  const orderOf = new Map(stores.orders.map((order) => [order.uid, order.positionUid]));
  const closed = stores.positions.filter(({ status }) => status === 'closed');
  const names: Record<string, string> = {
    stop_loss: 'stop',
    take_profit: 'target',
    max_hold: 'hold',
  };
  const trades = closed.map((position) => {
    const fees = stores.fills.filter(({ orderUid }) => orderOf.get(orderUid) === position.uid);
    const reason = position.exitReason ?? '';
    const sale = stores.orders.findLast(
      ({ positionUid, side }) => positionUid === position.uid && side === 'sell',
    );
    return {
      symbol: position.symbol,
      openedAt: position.openedAt,
      entryPrice: position.entryPrice?.toFixed(12) ?? '',
      closedAt: barOpenTime(barOf(sale?.uid ?? '') ?? NaN, '1h'),
      exitPrice: position.exitPrice?.toFixed(12) ?? '',
      size: position.sizeBase.toFixed(),
      fee: fees
        .map(({ feeQuote }) => feeQuote)
        .reduce((sum, fee) => sum.plus(fee))
        .toFixed(),
      pnl: position.realizedPnl?.toFixed(12) ?? '',
      exit: names[reason] ?? reason,
    };
  });
  return trades.sort((a, b) => a.openedAt - b.openedAt || (a.symbol < b.symbol ? -1 : 1));
}

const VARIANTS: readonly (readonly [string, RunSettings])[] = [
  ['default rules', {}],
  ['a target beside the stop', { takeProfitPct: 2, stopLossPct: 2 }],
  ['no stop', { stopLossPct: 0 }],
  ['hardly any volume', { volumeShare: 0.001 }],
  ['no limit of the volume', { volumeShare: 0 }],
  ['every signal', { minFallbackConfidence: 0 }],
  ['a trailing stop', { trailingStopPct: 1.5, stopLossPct: 0 }],
  ['a trailing stop that starts with a gain', { trailingStopPct: 1, trailingStartPct: 1.5 }],
  ['few positions', { limits: { maxOpenPositions: 2 } }],
  ['little exposure', { limits: { maxExposurePct: 15 } }],
  ['little capital', { limits: { capital: new Money(1_500) } }],
  ['cooldowns', { limits: { cooldownBars: 6, stopCooldownBars: 20 } }],
  ['a guard against stops', { limits: { stopGuard: { limit: 2, bars: 30 } } }],
  ['a pause of losing symbols', { limits: { losingSymbol: { limit: -4, bars: 60 } } }],
  ['a loss of the day', { limits: { dailyLossPct: 0.4 } }],
  ['a drawdown', { limits: { maxDrawdownPct: 3 } }],
  [
    'sizes by volatility',
    { limits: { positionSizing: 'volatility', volatilityTargetPct: 0.5, maxOpenPositions: 3 } },
  ],
  ['a coarse tick', { market: { priceTick: '0.25' }, takeProfitPct: 2 }],
  [
    'a large smallest order',
    { market: { minCost: '600' }, volumeShare: 0.02, limits: { capital: new Money(1_500) } },
  ],
  ['a large smallest size', { market: { minSize: '9' }, volumeShare: 0.02 }],
  ['the default limits', { limits: DEFAULT_LIMITS }],
];

describe('the trades of the engine equal those of a second implementation that shares no code', () => {
  it.each(VARIANTS)('with %s', async (_, settings) => {
    const history = withRules(randomHistory({ seed: 7, symbols: 8, bars: 700 }), settings.market);
    const [engine, plain] = [await engineTrades(history, settings), plainTrades(history, settings)];
    expect(plain.length).toBeGreaterThan(20);
    expect(engine).toEqual(plain);
  });

  it('and each limit and rule changes the trades, so that its equality says something', () => {
    const history = randomHistory({ seed: 7, symbols: 8, bars: 700 });
    for (const [name, settings] of VARIANTS) {
      const { market, limits, ...others } = settings;
      if (limits !== undefined) {
        expect(plainTrades(history, settings), name).not.toEqual(plainTrades(history, others));
      }
      if (market === undefined) continue;
      const ruled = plainTrades(withRules(history, market), settings);
      expect(ruled, name).not.toEqual(plainTrades(history, settings));
    }
  });

  const recorded = findTestData('binance_2024_1h');
  it.skipIf(recorded === undefined)('on recorded pairs (needs EVENKEEL_TEST_DATA)', async () => {
    const asked = { folder: recorded ?? '', timeframe: '1h', symbols: undefined } as const;
    const all = await loadFolder(asked, new SystemClock());
    const history = { ...all, symbols: all.symbols.slice(0, 12) };
    const [engine, plain] = [await engineTrades(history, {}), plainTrades(history, {})];
    expect(plain.length).toBeGreaterThan(500);
    expect(engine).toEqual(plain);
  });
});
