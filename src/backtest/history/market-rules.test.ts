import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { ConfigError } from '../../lib/errors.js';
import { readMarketRules } from './market-rules.js';

const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-rules-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const state = (content: unknown): void =>
  writeFileSync(
    path.join(folder, 'markets.json'),
    typeof content === 'string' ? content : JSON.stringify(content),
  );

it('a folder without the file states no rules', () => {
  expect(readMarketRules(path.join(folder, 'none')).size).toBe(0);
});

it('rules are read by symbol, as text or as numbers', () => {
  state({
    'BTC/USDT': { size_step: 1e-8, price_tick: 0.01, min_size: '0.0001', min_cost: 5 },
    'ETH/USDT': {},
    'XRP/USDT': { max_size: 9000, max_cost: '1000000.5' },
  });
  const btc = { sizeStep: '0.00000001', priceTick: '0.01', minSize: '0.0001', minCost: '5' };
  expect([...readMarketRules(folder)]).toEqual([
    ['BTC/USDT', btc],
    ['ETH/USDT', {}],
    ['XRP/USDT', { maxSize: '9000', maxCost: '1000000.5' }],
  ]);
});

it.each([
  ['{', /markets\.json cannot be read/],
  [[], /expected an object of symbols/],
  [{ 'BTC/USDT': 5 }, /BTC\/USDT is no object/],
  [{ 'BTC/USDT': { min_costs: 5 } }, /BTC\/USDT has min_costs; did you mean min_cost\?/],
  [{ 'BTC/USDT': { colour: 5 } }, /has colour; expected one of size_step, price_tick/],
  [{ 'BTC/USDT': { price_tick: 0 } }, /price_tick of BTC\/USDT is 0; expected a number above 0/],
  [{ 'BTC/USDT': { min_cost: '-5' } }, /min_cost of BTC\/USDT is -5/],
  [{ 'BTC/USDT': { min_cost: null } }, /min_cost of BTC\/USDT is null/],
])('%j is refused and says what is wrong', (content, message) => {
  state(content);
  expect(() => readMarketRules(folder)).toThrow(ConfigError);
  expect(() => readMarketRules(folder)).toThrow(message);
});
