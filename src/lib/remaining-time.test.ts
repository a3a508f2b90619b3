import { expect, it } from 'vitest';
import { RemainingTime } from './remaining-time.js';

it('the remaining time follows from the pace since the first share that was told', () => {
  const time = new RemainingTime();
  // Half was done by an earlier run.
  expect(time.leftAt(0.5, 1_000)).toBeUndefined();
  expect(time.leftAt(0.5, 5_000)).toBeUndefined();
  // A tenth in ten seconds: four tenths are left.
  expect(time.leftAt(0.6, 11_000)).toBeCloseTo(40_000, 6);
  expect(time.leftAt(0.9, 41_000)).toBeCloseTo(10_000, 6);
  expect(time.leftAt(1, 51_000)).toBeUndefined();
});
