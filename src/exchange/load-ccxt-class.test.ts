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

test.each([
  ['binanec', /EXCHANGE=binanec .* did you mean binance/],
  ['../base/Exchange', /is not an exchange/],
  ['Binance', /did you mean binance/],
  ['', /is not an exchange/],
])('%j is refused', (id, message) => {
  expect(() => assertExchangeId(id)).toThrow(ConfigError);
  expect(() => assertExchangeId(id)).toThrow(message);
});
