import { expect, it } from 'vitest';
import { countLeading } from './count-leading.js';

it('counts the first ones, also where there are none or only such', () => {
  for (let length = 0; length <= 9; length++) {
    for (let leading = 0; leading <= length; leading++) {
      expect(countLeading(length, (position) => position < leading)).toBe(leading);
    }
  }
});

it('asks only for positions that there are', () => {
  const asked: number[] = [];
  countLeading(1000, (position) => asked.push(position) > 0);
  expect(Math.max(...asked)).toBe(999);
  expect(asked.length).toBeLessThanOrEqual(10);
});
