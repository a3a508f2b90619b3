import { describe, expect, test } from 'vitest';
import { RecordingLogger } from '../../test/exchange/recording-logger.js';
import { openTestDatabase } from '../../test/database.js';
import type { Quote } from '../domain/market.js';
import { VenueClock } from '../exchange/venue-clock.js';
import { TransientError } from '../lib/errors.js';
import { ManualClock } from '../lib/manual-clock.js';
import { Quotes } from './quotes.js';

const START = 1_700_000_000_000;

/** A venue whose prices are its time; `isDown` makes it refuse. */
async function quoting() {
  const wall = new ManualClock(START);
  const clock = new VenueClock({ wall, monotonicMs: () => wall.wallMs() });
  const { database, stores } = await openTestDatabase({ clock: wall });
  const logger = new RecordingLogger();
  const venue = { isDown: false, delayMs: 0 };
  const fetchQuotes = async (symbols: readonly string[]) => {
    if (venue.isDown) throw new TransientError('no answer');
    return {
      quotes: symbols.map((symbol) => quote(symbol, clock.marketMs() - venue.delayMs)),
      missing: [],
    };
  };
  const quotes = new Quotes({
    marketData: { fetchQuotes, clock },
    prices: stores.prices,
    logger,
    symbols: () => ['BTC/USDT'],
    everyMs: 60_000,
  });
  return { wall, stores, logger, venue, quotes, close: () => database.close() };
}

function quote(symbol: string, venueTime: number): Quote {
  return { venue: 'v', symbol, bid: '1', ask: '2', last: '1.5', venueTime };
}

describe('regular prices', () => {
  test('come at the interval, outlive a failure and log it once', async () => {
    const { wall, logger, venue, quotes, close } = await quoting();
    const aborter = new AbortController();
    const running = quotes.run(aborter.signal);
    await wall.advance(0);
    expect(quotes.find('BTC/USDT')?.venueTime).toBe(START);
    venue.isDown = true;
    await wall.advance(180_000);
    expect(quotes.failure).toEqual({ reason: 'no answer', since: expect.any(Number) as number });
    expect(logger.lines).toHaveLength(1);
    venue.isDown = false;
    await wall.advance(60_000);
    await expect.poll(() => quotes.failure).toBeUndefined();
    expect(quotes.find('BTC/USDT')?.venueTime).toBe(START + 240_000);
    aborter.abort();
    await running;
    await close();
  });
});

test('a late answer does not replace a newer price', async () => {
  const { venue, quotes, close } = await quoting();
  await quotes.refresh();
  venue.delayMs = 5_000;
  await quotes.refresh();
  expect(quotes.find('BTC/USDT')?.venueTime).toBe(START);
  await close();
});
