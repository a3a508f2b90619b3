import { describe, expect, test } from 'vitest';
import type { QuoteBatch, Recorded, RecordedDecision } from '../../src/backtest/parity/recorded.js';
import { replay } from '../../src/backtest/parity/replay.js';
import type { Candle } from '../../src/domain/candle.js';
import { Money } from '../../src/domain/money.js';
import type { Direction } from '../../src/domain/signal.js';
import type { Position } from '../../src/domain/trade.js';
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { RULES } from './backtest-runs.js';

const OPTIONS = { rulesAt: () => RULES, takeOver: undefined, logger: SILENT_LOGGER };
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
  at: { readonly createdAt: number; readonly decidedAt: number; readonly quotesAt?: number },
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
    quotesAt: undefined,
    ...at,
  };
  return { decision, signal, horizonBars: 100, candle };
}

const CALM: Candle = { openTime: T0, open: 100, high: 100, low: 100, close: 100, volume: 9 };

/** A purchase at 100, and a candle through its stop while a quote below it came seven minutes after. */
function recordedWith(sale: { readonly reason: string; readonly intendedAt: number }): Recorded {
  return {
    venue: RULES.venue,
    account: RULES.account,
    currency: 'USDT',
    startEquity: new Money(10_000),
    timeframe: '1h',
    bot: RULES.bot,
    decisions: [
      decided('BUY', CALM, { createdAt: 20, decidedAt: T0 + HOUR + 1 }),
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
    fills: [],
    lastResumedAt: undefined,
    readEquity: async () => [],
    findVolatility: async () => undefined,
    findInstrument: () => ({
      ...{ symbol: SYMBOL, marketId: SYMBOL, base: 'ETH', quote: 'USDT' },
      ...{ sizeStep: '0.01', minCost: undefined },
    }),
  };
}

async function soldBy(sale: Parameters<typeof recordedWith>[0]): Promise<Position | undefined> {
  const { positions } = await replay(recordedWith(sale), OPTIONS);
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

describe('a purchase is sized by the quotes that it was decided on', () => {
  const known = T0 + HOUR;
  const newer = known + MINUTE;

  /** @param storedAt of newer quotes; the row of the purchase was written at 20 */
  async function boughtWith(
    at: { readonly decidedAt: number; readonly quotesAt?: number },
    storedAt: number,
  ): Promise<string | undefined> {
    const recorded = recordedWith({ reason: 'signal', intendedAt: CLOSE });
    const purchase = decided('BUY', CALM, { createdAt: 20, ...at });
    const batches = [quotes(10, known, 100), quotes(storedAt, newer, 125)];
    const only = { ...recorded, decisions: [purchase], batches };
    const { positions } = await replay(only, OPTIONS);
    return [...positions.values()][0]?.sizeBase.toString();
  }

  test.each([
    {
      came: 'before it was decided, but not known yet',
      at: { decidedAt: newer + 1, quotesAt: known },
    },
    { came: 'after it was decided', at: { decidedAt: known + 1 } },
  ])('not by those that came $came and were stored before it was', async ({ at }) => {
    const size = await boughtWith(at, 15);
    expect(size).toBe(await boughtWith(at, 30));
    expect(size).toBe('10');
  });

  test('by those that it knew', async () => {
    expect(await boughtWith({ decidedAt: newer + 1, quotesAt: newer }, 15)).toBe('8');
  });
});
