import { expect, test } from 'vitest';
import { historyBars } from './history-depth.js';

const auto = { historyDays: 'auto', trainMonthsBack: 6 } as const;

test('six months of hours are 4,380 bars, with 640 of feature depth on top', () => {
  expect(historyBars('1h', auto)).toBe(4_380 + 640);
});

test('a coarse timeframe still has the 600 bars that training wants at least', () => {
  expect(historyBars('1d', auto)).toBe(600 + 640);
  expect(historyBars('1w', auto)).toBe(600 + 640);
});

test('a number of days is taken as it is, with the depth on top', () => {
  expect(historyBars('1h', { ...auto, historyDays: 2 })).toBe(48 + 640);
  expect(historyBars('1m', { ...auto, historyDays: 1 })).toBe(1_440 + 640);
});
