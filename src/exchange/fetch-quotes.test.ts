import { expect, test } from 'vitest';
import type { CcxtExchange } from './ccxt-exchange.js';
import { fetchQuotes } from './fetch-quotes.js';

const NOW = Date.UTC(2024, 2, 4, 10);
const SYMBOL = 'BTC/USDT';

/** A venue whose ticker is stamped like that. */
function venueStamping(timestamp: number): CcxtExchange {
  const ticker = { symbol: SYMBOL, bid: 99, ask: 101, last: 100, timestamp };
  return {
    has: { fetchTickers: true },
    markets: { [SYMBOL]: {} },
    fetchTickers: () => Promise.resolve({ [SYMBOL]: ticker }),
  } as unknown as CcxtExchange;
}

async function timeOf(timestamp: number): Promise<number | undefined> {
  const { quotes } = await fetchQuotes({
    exchange: venueStamping(timestamp),
    venue: 'v',
    symbols: [SYMBOL],
    marketMs: () => NOW,
    latestMarketMs: () => NOW + 5_000,
    call: (_, work) => work(),
  });
  return quotes[0]?.venueTime;
}

test('a ticker that is newer than the question keeps its time', async () => {
  expect(await timeOf(NOW + 300)).toBe(NOW + 300);
});

test('a ticker of an old trade has the time of the question', async () => {
  expect(await timeOf(NOW - 3_600_000)).toBe(NOW);
});

test.each([
  ['an hour ahead', NOW + 3_600_000],
  ['in microseconds', NOW * 1000],
])(
  'a ticker that is stamped %s has the time of the question: later ones are newer',
  async (...of) => {
    expect(await timeOf(of[1])).toBe(NOW);
  },
);
