import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Candle } from '../../domain/candle.js';
import { Money } from '../../domain/money.js';
import { buildPosition, buildQuote, CLOSE, HOUR } from '../../../test/trading/build-trading.js';
import { findQuoteExit, walkCandles } from '../exits/exits.js';
import { raiseTrailing, stopLevelAt } from './trailing-stop.js';

const RULES = { trailingStopPct: 2, trailingStartPct: 0 };
const NOW = CLOSE + 99 * HOUR;
const held = buildPosition({ openedAt: CLOSE, holdUntil: undefined });

function candle(
  bar: number,
  [open, high, low, close]: readonly [number, number, number, number],
): Candle {
  return { openTime: CLOSE + bar * HOUR, open, high, low, close, volume: 1 };
}

function walk(candles: readonly Candle[], rules = RULES, position = held) {
  return walkCandles(position, candles, { nowMs: NOW, timeframe: '1h', rules });
}

describe('a trailing stop', () => {
  it('follows the highest price and counts from the next candle on', () => {
    // Raised to 107.8 by the first high: its own low of 99 came before, or after, nobody knows.
    const { exit, position } = walk([candle(0, [100, 110, 99, 108])]);
    expect(exit).toBeUndefined();
    expect(position).toMatchObject({ trailingPrice: new Money('107.8'), trailingAt: CLOSE + HOUR });
    const next = walk([candle(0, [100, 110, 99, 108]), candle(1, [108, 109, 107, 108])]);
    expect(next.exit).toMatchObject({ exitReason: 'trailing', price: new Money('107.8') });
  });

  it('fills at the open of a candle that opens below it', () => {
    const { exit } = walk([candle(0, [100, 110, 99, 104]), candle(1, [104, 105, 103, 104])]);
    expect(exit).toMatchObject({ exitReason: 'trailing', price: new Money(104) });
  });

  it('waits for the start gain', () => {
    const rules = { trailingStopPct: 2, trailingStartPct: 5 };
    expect(walk([candle(0, [100, 104.9, 99, 100])], rules).position.trailingPrice).toBeUndefined();
    const { position } = walk([candle(0, [100, 105, 99, 100])], rules);
    expect(position.trailingPrice).toEqual(new Money('102.9'));
  });

  it('leaves the stop in force where that is higher', () => {
    const low = buildPosition({ openedAt: CLOSE, trailingPrice: new Money(96), trailingAt: CLOSE });
    expect(stopLevelAt(low, CLOSE)).toMatchObject({
      exitReason: 'stop_loss',
      price: new Money(97),
    });
  });

  it('does not count against the candle during which a quote raised it', () => {
    const at = CLOSE + HOUR / 2;
    const raised = { ...held, trailingPrice: new Money(107), trailingAt: at };
    expect(walk([candle(0, [100, 109, 99, 108])], RULES, raised).exit).toBeUndefined();
    const quote = buildQuote({ bid: '106', venueTime: at + 1 });
    expect(findQuoteExit(raised, quote, false)).toMatchObject({
      exitReason: 'trailing',
      reason: 'bid 106 at or below the trailing stop 107',
    });
  });

  it('is not there where it is off', () => {
    const { position } = walk([candle(0, [100, 200, 99, 150])], {
      trailingStopPct: 0,
      trailingStartPct: 0,
    });
    expect(position).toBe(held);
  });
});

const price = fc.integer({ min: 1, max: 10 ** 7 }).map((units) => new Money(units).div(1_000));
const step = fc.record({ price, wait: fc.nat({ max: 10 }) });

it('never goes down, for any prices, and lies below the highest by the percentage', () => {
  fc.assert(
    fc.property(
      fc.array(step, { maxLength: 40 }),
      fc.integer({ min: 1, max: 99 }),
      fc.integer({ min: 0, max: 50 }),
      (steps, trailingStopPct, trailingStartPct) => {
        let position = held;
        let highest: Money | undefined;
        let at = CLOSE;
        for (const seen of steps) {
          at += seen.wait;
          const before = position;
          const rules = { trailingStopPct, trailingStartPct };
          const raised = raiseTrailing(position, { price: seen.price, at }, rules);
          if (raised !== undefined) position = { ...position, ...raised };
          const isStarted = seen.price.gte(new Money(100 + trailingStartPct));
          if (isStarted) highest = Money.max(highest ?? 0, seen.price);
          const [was, is] = [before.trailingPrice ?? new Money(0), position.trailingPrice];
          expect(is?.gte(was) ?? before.trailingPrice === undefined).toBe(true);
          expect((position.trailingAt ?? 0) >= (before.trailingAt ?? 0)).toBe(true);
          expect(is?.toNumber()).toBe(
            highest
              ?.times(new Money(100 - trailingStopPct))
              .div(100)
              .toNumber(),
          );
        }
      },
    ),
    { numRuns: 300 },
  );
});
