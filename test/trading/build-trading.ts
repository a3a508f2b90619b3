import type { Instrument, Quote } from '../../src/domain/market.js';
import { Money } from '../../src/domain/money.js';
import type { FallbackSignal, ModelSignal } from '../../src/domain/signal.js';
import type { Order, Position } from '../../src/domain/trade.js';
import { DEFAULT_LIMITS } from './risk-limits.js';
import type { TradingRules } from '../../src/trading/trading-rules.js';

export const HOUR = 3_600_000;
/** Open time of the candle that most signals here are about. */
export const BAR = 1_700_000_000_000 - (1_700_000_000_000 % HOUR);
/** Its close. */
export const CLOSE = BAR + HOUR;

/** The settings' defaults. */
export function buildRules(changes: Partial<TradingRules> = {}): TradingRules {
  return {
    venue: 'test',
    account: 'paper',
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
    allowFallbackExecution: false,
    minModelConfidence: 40,
    minFallbackConfidence: 60,
    risk: DEFAULT_LIMITS,
    ...changes,
  };
}

let made = 0;

/** A model's BUY that every default threshold lets through. */
export function buildSignal(changes: Partial<ModelSignal> = {}): ModelSignal {
  return {
    uid: `signal-${++made}`,
    venue: 'test',
    symbol: 'BTC/USDT',
    timeframe: '1h',
    bot: 'catboost',
    candleOpenTime: BAR,
    close: 100,
    prediction: 'BUY',
    confidence: 55,
    signaledAt: CLOSE,
    supersedesUid: undefined,
    source: 'model',
    modelUid: 'model-1',
    predictionUid: `prediction-${made}`,
    probabilities: [0.2, 0.25, 0.55],
    expectedMove: 0.01,
    ...changes,
  };
}

export function buildFallback(changes: Partial<FallbackSignal> = {}): FallbackSignal {
  const { venue, symbol, timeframe, bot, candleOpenTime, close, signaledAt } = buildSignal();
  return {
    uid: `fallback-${++made}`,
    venue,
    symbol,
    timeframe,
    bot,
    candleOpenTime,
    close,
    signaledAt,
    prediction: 'BUY',
    confidence: 62,
    supersedesUid: undefined,
    source: 'fallback',
    fallbackReason: 'untrained',
    indicators: { sma14: 101, sma50: 100, rsi14: 60 },
    ...changes,
  };
}

/** Bid 99.99, ask 100.01, one second after the candle's close. */
export function buildQuote(changes: Partial<Quote> = {}): Quote {
  return {
    venue: 'test',
    symbol: 'BTC/USDT',
    bid: '99.99',
    ask: '100.01',
    last: '100',
    venueTime: CLOSE + 1_000,
    ...changes,
  };
}

/** Bought at 100 with the stop at 97, just after the candle's close. */
export function buildPosition(changes: Partial<Position> = {}): Position {
  return {
    uid: 'position-1',
    venue: 'test',
    account: 'paper',
    symbol: 'BTC/USDT',
    timeframe: '1h',
    bot: 'catboost',
    status: 'open',
    decisionUid: 'decision-1',
    sizeBase: new Money(10),
    soldBase: undefined,
    entryPrice: new Money(100),
    exitPrice: undefined,
    stopPrice: new Money(97),
    targetPrice: undefined,
    trailingPrice: undefined,
    trailingAt: undefined,
    holdUntil: CLOSE + 4 * HOUR,
    exitReason: undefined,
    realizedPnl: undefined,
    openedAt: CLOSE + 2_000,
    closedAt: undefined,
    ...changes,
  };
}

export function buildOrder(changes: Partial<Order> = {}): Order {
  return {
    uid: 'order-1',
    venue: 'test',
    account: 'paper',
    clientOrderId: 'e00000000000000000',
    positionUid: 'position-1',
    symbol: 'BTC/USDT',
    side: 'buy',
    kind: 'market',
    sizeBase: new Money(10),
    price: undefined,
    stopPrice: undefined,
    venueOrderId: undefined,
    status: 'intended',
    reason: 'BUY',
    intendedAt: CLOSE + 500,
    settledAt: undefined,
    ...changes,
  };
}

export function buildInstrument(symbol: string, changes: Partial<Instrument> = {}): Instrument {
  const [base = '', quote = ''] = symbol.split('/');
  const marketId = base + quote;
  return { symbol, marketId, base, quote, sizeStep: '0.0001', minCost: '5', ...changes };
}
