import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { countBars, findMissingBars, toRanges } from './missing-bars.js';

describe('toRanges', () => {
  test('joins neighbours', () => {
    expect(toRanges([1, 2, 3, 7, 9, 10])).toEqual([
      { first: 1, last: 3 },
      { first: 7, last: 7 },
      { first: 9, last: 10 },
    ]);
  });

  test('joins what lies no further apart than allowed', () => {
    expect(toRanges([1, 4, 8], 3)).toEqual([
      { first: 1, last: 4 },
      { first: 8, last: 8 },
    ]);
  });

  test('makes no range of nothing', () => {
    expect(toRanges([])).toEqual([]);
    expect(countBars([])).toBe(0);
  });
});

describe('findMissingBars', () => {
  test('leaves out what is stored and what is a known gap', () => {
    const known = [
      { first: -5, last: 1 },
      { first: 4, last: 5 },
      { first: 9, last: 20 },
    ];
    expect(findMissingBars({ first: 0, last: 10 }, new Set([2, 7]), known)).toEqual([3, 6, 8]);
  });

  test('finds exactly the bars that are neither stored nor known gaps', () => {
    const bars = fc
      .uniqueArray(fc.integer({ min: 0, max: 60 }))
      .map((found) => found.sort((a, b) => a - b));
    fc.assert(
      fc.property(bars, bars, (stored, gaps) => {
        const within = { first: 10, last: 50 };
        const missing = findMissingBars(within, new Set(stored), toRanges(gaps));
        const all = Array.from({ length: 41 }, (_, index) => index + 10);
        expect(missing).toEqual(all.filter((bar) => !stored.includes(bar) && !gaps.includes(bar)));
        expect(countBars(toRanges(missing))).toBe(missing.length);
      }),
    );
  });
});
