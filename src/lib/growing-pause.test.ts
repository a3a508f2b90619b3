import { expect, it } from 'vitest';
import { growingPauseMs } from './growing-pause.js';

const PAUSE = { firstMs: 500, longestMs: 30_000 };

it('a pause doubles with each failure in a row, up to the longest', () => {
  const pauses = [1, 2, 3, 7].map((failures) => growingPauseMs(failures, PAUSE));
  expect(pauses).toEqual([500, 1_000, 2_000, 30_000]);
});

it('a pause stays the longest after weeks of failures', () => {
  expect(growingPauseMs(100_000, PAUSE)).toBe(30_000);
});
