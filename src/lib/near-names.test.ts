import { expect, test } from 'vitest';
import { findNearNames } from './near-names.js';

test('finds a name with one letter wrong before one with two', () => {
  expect(findNearNames('binanec', ['kraken', 'binance', 'binanceus'])).toEqual(['binance']);
  expect(findNearNames('krakan', ['kraken', 'bracan'])).toEqual(['kraken', 'bracan']);
});

test('finds longer names that contain the text', () => {
  expect(findNearNames('binance', ['binanceusdm', 'okx', 'binanceus'])).toEqual([
    'binanceus',
    'binanceusdm',
  ]);
});

test('finds nothing where nothing is near', () => {
  expect(findNearNames('zzzzzz', ['kraken', 'okx'])).toEqual([]);
});
