import { expect, test } from 'vitest';
import type { CcxtExchange } from './ccxt-exchange.js';
import { toInstruments } from './create-ccxt-exchange.js';

const MARKET = { id: 'AB', symbol: 'A/B', base: 'A', quote: 'B', type: 'spot', spot: true };

test.each([
  { most: 0, limit: undefined },
  { most: undefined, limit: undefined },
  { most: 9000, limit: '9000' },
])('a largest order of $most is a limit of $limit', ({ most, limit }) => {
  const limits = { amount: { max: most }, cost: { max: most } };
  const exchange = { precisionMode: 4, markets: { 'A/B': { ...MARKET, limits } } };
  const [instrument] = toInstruments(exchange as unknown as CcxtExchange);
  expect(instrument).toMatchObject({ maxSize: limit, maxCost: limit });
});
