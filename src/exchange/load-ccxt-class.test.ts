import { expect, test } from 'vitest';
import * as ccxt from 'ccxt';
import { ConfigError } from '../lib/errors.js';
import { assertExchangeId, listExchangeIds, loadCcxtClass } from './load-ccxt-class.js';

test('the files that are loaded alone are the exchanges that ccxt lists', () => {
  expect(listExchangeIds().sort()).toEqual(Object.keys(ccxt.exchanges).sort());
});

test('a class loaded alone is the exchange asked for', async () => {
  const Kraken = await loadCcxtClass('kraken');
  expect(new Kraken({}).id).toBe('kraken');
});

test.each(['binance', 'hyperliquid', 'dydx', 'paradex', 'apex', 'mexc'])(
  '%s is loaded without what is left out of it',
  async (id) => {
    const Exchange = await loadCcxtClass(id);
    expect(new Exchange({}).id).toBe(id);
  },
);

test('what is left out says so when it is used', async () => {
  const Paradex = await loadCcxtClass('paradex');
  const { starknetSign } = new Paradex({}) as unknown as Record<
    string,
    (...args: string[]) => void
  >;
  expect(() => starknetSign?.('0x1', '0x1')).toThrow('@scure/starknet is not compiled in');
});

test.each([
  ['binanec', /EXCHANGE=binanec .* did you mean binance/],
  ['../base/Exchange', /is not an exchange/],
  ['Binance', /did you mean binance/],
  ['', /is not an exchange/],
])('%j is refused', (id, message) => {
  expect(() => assertExchangeId(id)).toThrow(ConfigError);
  expect(() => assertExchangeId(id)).toThrow(message);
});
