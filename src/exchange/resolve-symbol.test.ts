import { expect, test } from 'vitest';
import type { Instrument } from '../domain/market.js';
import { RejectedError } from '../lib/errors.js';
import { resolveSymbol } from './resolve-symbol.js';

function instrument(symbol: string, marketId = symbol.replace('/', '')): Instrument {
  const [base = '', quote = ''] = symbol.split('/');
  return { symbol, marketId, base, quote, sizeStep: undefined, minCost: undefined };
}

const spot = [
  instrument('BTC/USDT'),
  instrument('BTC/EUR', 'XXBTZEUR'),
  // Both collapse to ABCDEF.
  instrument('ABC/DEF', 'abc_def'),
  instrument('ABCD/EF', 'abcd_ef'),
];
const choices = { venue: 'testex', spot, configured: [] };

test.each([
  ['BTC/USDT', 'BTC/USDT'],
  ['BTCUSDT', 'BTC/USDT'],
  ['BTC-USDT', 'BTC/USDT'],
  [' btc_usdt ', 'BTC/USDT'],
  ['XXBTZEUR', 'BTC/EUR'],
  ['abcd_ef', 'ABCD/EF'],
])('%s is %s', (text, symbol) => {
  expect(resolveSymbol(text, choices).symbol).toBe(symbol);
});

test('a spelling that fits two markets is refused naming both', () => {
  expect(() => resolveSymbol('ABCDEF', choices)).toThrow(/may mean ABC\/DEF, ABCD\/EF/);
});

test('a configured instrument settles what would be ambiguous', () => {
  const configured = ['ABCD/EF'];
  expect(resolveSymbol('ABCDEF', { ...choices, configured }).symbol).toBe('ABCD/EF');
});

test('an unknown symbol is refused with near names', () => {
  expect(() => resolveSymbol('BTC/USTD', choices)).toThrow(RejectedError);
  expect(() => resolveSymbol('BTC/USTD', choices)).toThrow(/did you mean BTC\/USDT/);
});

test('a derivative is refused as such', () => {
  expect(() => resolveSymbol('BTC/USDT:USDT', choices)).toThrow(/derivative; only spot/);
});

test('an empty symbol is refused', () => {
  expect(() => resolveSymbol('  ', choices)).toThrow(RejectedError);
});

test('a market on hold is found, and one that trades wins over it', () => {
  const onHold = { ...instrument('OLD/USDT'), isOnHold: true };
  expect(resolveSymbol('OLDUSDT', { ...choices, spot: [...spot, onHold] })).toEqual(onHold);
  const twin = { ...instrument('OLDU/SDT', 'oldu_sdt') };
  expect(resolveSymbol('oldusdt', { ...choices, spot: [onHold, twin] })).toEqual(twin);
});
