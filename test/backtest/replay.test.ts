import { describe, expect, test } from 'vitest';
import type { QuoteBatch, Recorded, RecordedDecision } from '../../src/backtest/parity/recorded.js';
import { replay } from '../../src/backtest/parity/replay.js';
import type { Candle } from '../../src/domain/candle.js';
import { Money } from '../../src/domain/money.js';
import type { Direction } from '../../src/domain/signal.js';
import type { Position } from '../../src/domain/trade.js';
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { RULES } from './backtest-runs.js';

const HOUR = 3_600_000;
const MINUTE = 60_000;
const T0 = Date.UTC(2024, 0, 1);
const SYMBOL = 'ETH/USDT';
/** The hour after that of the entry fell to 96, below the stop at 97, and closed there. */
const FALLING: Candle = {
  openTime: T0 + 2 * HOUR,
  open: 100,
  high: 100,
  low: 96,
  close: 96,
  volume: 9,
};
const CLOSE = T0 + 3 * HOUR;

function quotes(createdAt: number, venueTime: number, price: number): QuoteBatch {
  const [bid, ask] = [String(price), String(price)];
  return {
    createdAt,
    quotes: [{ venue: RULES.venue, symbol: SYMBOL, bid, ask, last: bid, venueTime }],
  };
}

function decided(
  prediction: Direction,
  candle: Candle,
  at: { readonly createdAt: number; readonly decidedAt: number },
): RecordedDecision {
  const key = { venue: RULES.venue, symbol: SYMBOL, timeframe: '1h', bot: RULES.bot } as const;
  const uid = `s${candle.openTime}`;
  const signal = {
    ...key,
    uid,
    candleOpenTime: candle.openTime,
    close: candle.close,
    prediction,
    confidence: 80,
    signaledAt: candle.openTime + HOUR,
    supersedesUid: undefined,
    source: 'fallback',
    fallbackReason: 'untrained',
    indicators: undefined,
  } as const;
  const decision = {
    ...key,
    uid: `d${uid}`,
    signalUid: uid,
    candleOpenTime: candle.openTime,
    action: prediction === 'BUY' ? ('open' as const) : ('keep' as const),
    reason: prediction,
    isAdvisory: false,
    positionUid: undefined,
    ...at,
  };
  return { decision, signal, horizonBars: 100, candle };
}

/** A purchase at 100, and a candle through its stop while a quote below it came seven minutes after. */
function recordedWith(sale: { readonly reason: string; readonly intendedAt: number }): Recorded {
  const calm: Candle = { openTime: T0, open: 100, high: 100, low: 100, close: 100, volume: 9 };
  return {
    venue: RULES.venue,
    account: RULES.account,
    currency: 'USDT',
    startEquity: new Money(10_000),
    timeframe: '1h',
    bot: RULES.bot,
    decisions: [
      decided('BUY', calm, { createdAt: 20, decidedAt: T0 + HOUR + 1 }),
      decided('HOLD', FALLING, { createdAt: 50, decidedAt: CLOSE + 8 * MINUTE }),
    ],
    batches: [
      quotes(10, T0 + HOUR, 100),
      quotes(30, T0 + HOUR + MINUTE, 100),
      quotes(40, CLOSE + 7 * MINUTE, 95),
    ],
    positions: [],
    orders: [
      {
        venue: RULES.venue,
        account: RULES.account,
        uid: 'o1',
        clientOrderId: 'e00000000000000001',
        positionUid: 'p1',
        symbol: SYMBOL,
        side: 'sell',
        kind: 'market',
        sizeBase: new Money(10),
        price: undefined,
        stopPrice: undefined,
        venueOrderId: undefined,
        status: 'filled',
        reason: sale.reason,
        intendedAt: sale.intendedAt,
        settledAt: sale.intendedAt,
        createdAt: 40,
      },
    ],
    findInstrument: () => ({
      ...{ symbol: SYMBOL, marketId: SYMBOL, base: 'ETH', quote: 'USDT' },
      ...{ sizeStep: '0.01', minCost: undefined },
    }),
  };
}

async function soldBy(sale: Parameters<typeof recordedWith>[0]): Promise<Position | undefined> {
  const { positions } = await replay(recordedWith(sale), () => RULES, SILENT_LOGGER);
  return [...positions.values()][0];
}

describe('a candle through the stop is replayed', () => {
  test('after the quote that sold the position, where that came first', async () => {
    const at = CLOSE + 7 * MINUTE;
    const reason = 'stop_loss: bid 95 at or below the stop 97';
    const position = await soldBy({ reason, intendedAt: at });
    expect(position).toMatchObject({ status: 'closed', exitReason: 'stop_loss', closedAt: at });
    expect(position?.exitPrice?.toString()).toBe('95');
  });

  test('at its sale, where the candle itself sold the position', async () => {
    const reason = 'stop_loss: low 96 at or below the stop 97';
    const position = await soldBy({ reason, intendedAt: CLOSE });
    expect(position).toMatchObject({ exitReason: 'stop_loss', closedAt: CLOSE });
    expect(position?.exitPrice?.toString()).toBe('97');
  });
});

test('a purchase is sized by the quotes that it was decided on, not by those stored before it was', async () => {
  const recorded = recordedWith({ reason: 'signal', intendedAt: CLOSE });
  const [purchase] = recorded.decisions;
  if (purchase === undefined) throw new Error('No purchase');
  const batches = [
    quotes(10, T0 + HOUR, 100),
    // Came a minute after the decision, whose row was written at 20.
    quotes(15, T0 + HOUR + MINUTE, 125),
  ];
  const only = { ...recorded, decisions: [purchase], batches };
  const { positions } = await replay(only, () => RULES, SILENT_LOGGER);
  const [position] = [...positions.values()];
  expect(position?.entryPrice?.toString()).toBe('125');
  const late = {
    ...only,
    batches: [quotes(10, T0 + HOUR, 100), quotes(30, T0 + HOUR + MINUTE, 125)],
  };
  const [expected] = [...(await replay(late, () => RULES, SILENT_LOGGER)).positions.values()];
  expect(position?.sizeBase.toString()).toBe(expected?.sizeBase.toString());
});
