import { describe, expect, it } from 'vitest';
import type { Candle } from '../../domain/candle.js';
import { Money } from '../../domain/money.js';
import { buildPosition, buildQuote, CLOSE, HOUR } from '../../../test/trading/build-trading.js';
import { findQuoteExit, walkCandles, type ExitTrigger } from './exits.js';

const guarded = buildPosition({ targetPrice: new Money(105) });
const LATER = CLOSE + HOUR;
const NOW = CLOSE + 9 * HOUR;

function quoteAt(bid: string, venueTime = LATER): ReturnType<typeof buildQuote> {
  return buildQuote({ bid, ask: '200', venueTime });
}

function candle(openTime: number, prices: readonly [number, number, number, number]): Candle {
  const [open, high, low, close] = prices;
  return { openTime, open, high, low, close, volume: 1 };
}

const NO_TRAILING = { trailingStopPct: 0, trailingStartPct: 0 };

function exitOf(
  position: typeof guarded,
  candles: readonly Candle[],
  nowMs: number,
): ExitTrigger | undefined {
  return walkCandles(position, candles, { nowMs, timeframe: '1h', rules: NO_TRAILING }).exit;
}

describe('at a quote', () => {
  it.each([
    ['97.01', undefined],
    ['97', 'stop_loss'],
    ['96', 'stop_loss'],
    ['104.99', undefined],
    ['105', 'take_profit'],
  ])('a bid of %s means %s', (bid, exitReason) => {
    expect(findQuoteExit(guarded, quoteAt(bid), false)?.exitReason).toBe(exitReason);
  });

  it('leaves when the holding time is over, unless it may be prolonged', () => {
    const end = quoteAt('100', CLOSE + 4 * HOUR);
    expect(findQuoteExit(guarded, end, false)?.exitReason).toBe('max_hold');
    expect(findQuoteExit(guarded, end, true)).toBeUndefined();
    expect(findQuoteExit(guarded, quoteAt('100', CLOSE + 4 * HOUR - 1), false)).toBeUndefined();
  });

  it('has no time limit where the holding time is off', () => {
    const endless = buildPosition({ holdUntil: undefined });
    expect(findQuoteExit(endless, quoteAt('100', CLOSE + 9_999 * HOUR), false)).toBeUndefined();
  });

  it('stops also while the holding time may be prolonged', () => {
    const trigger = findQuoteExit(guarded, quoteAt('90', CLOSE + 4 * HOUR), true);
    expect(trigger?.exitReason).toBe('stop_loss');
  });

  it('ignores quotes from before the entry and the one that filled it', () => {
    for (const venueTime of [CLOSE, guarded.openedAt]) {
      expect(findQuoteExit(guarded, quoteAt('90', venueTime), false)).toBeUndefined();
    }
  });

  it('sells at the bid that showed it', () => {
    const trigger = findQuoteExit(guarded, quoteAt('90'), false);
    expect(trigger).toMatchObject({ at: LATER, price: new Money(90) });
    expect(trigger?.reason).toBe('bid 90 at or below the stop 97');
  });
});

describe('against closed candles', () => {
  it.each([
    ['a quiet candle', [100, 104, 98, 101], undefined, undefined],
    ['a low on the stop', [100, 101, 97, 100], 'stop_loss', '97'],
    ['a high on the target', [100, 105, 99, 100], 'take_profit', '105'],
    ['stop and target in one candle', [100, 106, 96, 105], 'stop_loss', '97'],
    ['a gap below the stop', [95, 96, 94, 95], 'stop_loss', '95'],
    ['a gap above the target', [107, 108, 106, 107], 'take_profit', '107'],
  ] as const)('%s', (_, prices, exitReason, price) => {
    const trigger = exitOf(guarded, [candle(LATER, prices)], NOW);
    expect(trigger?.exitReason).toBe(exitReason);
    expect(trigger?.price.toString()).toBe(price);
  });

  it('takes the first candle of many that went through, dated now', () => {
    const candles = [
      candle(LATER, [100, 101, 99, 100]),
      candle(LATER + HOUR, [100, 101, 96, 97]),
      candle(LATER + 2 * HOUR, [80, 81, 79, 80]),
    ];
    const trigger = exitOf(guarded, candles, NOW);
    expect(trigger).toMatchObject({ exitReason: 'stop_loss', at: NOW });
    expect(trigger?.price.toString()).toBe('97');
  });

  it('ignores candles that closed before the position was opened', () => {
    expect(exitOf(guarded, [candle(CLOSE - HOUR, [90, 110, 80, 90])], NOW)).toBeUndefined();
  });

  it('counts neither stop nor target in the candle that contains the entry', () => {
    const through = candle(CLOSE, [90, 120, 89, 100]);
    expect(exitOf(guarded, [through], NOW)).toBeUndefined();
  });

  it('counts a candle that opens with the entry', () => {
    const opened = buildPosition({ openedAt: CLOSE });
    const through = candle(CLOSE, [100, 101, 96, 97]);
    expect(exitOf(opened, [through], NOW)?.exitReason).toBe('stop_loss');
  });
});
