import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type KnownGap, mergeGaps } from './known-gap-store.js';

const STEP = 10;

function gap(from: number, to: number, reason: KnownGap['reason'] = 'empty'): KnownGap {
  return { fromOpenTime: from * STEP, toOpenTime: to * STEP, reason };
}

/** What each bar is known as, bar by bar. */
function bars(gaps: readonly KnownGap[]): Map<number, string> {
  const known = new Map<number, string>();
  for (const { fromOpenTime, toOpenTime, reason } of gaps) {
    for (let at = fromOpenTime; at <= toOpenTime; at += STEP) {
      if (!known.has(at)) known.set(at, reason);
    }
  }
  return known;
}

describe('mergeGaps', () => {
  it('joins ranges of one reason that overlap or touch', () => {
    expect(mergeGaps([gap(0, 2)], [gap(2, 3), gap(4, 4), gap(6, 7)], STEP)).toEqual([
      gap(0, 4),
      gap(6, 7),
    ]);
  });

  it('keeps ranges apart that only lie close', () => {
    expect(mergeGaps([gap(0, 1)], [gap(3, 4)], STEP)).toEqual([gap(0, 1), gap(3, 4)]);
  });

  it('adds only what is not known for another reason', () => {
    const merged = mergeGaps([gap(3, 4, 'missing')], [gap(1, 6)], STEP);
    expect(merged).toEqual([gap(1, 2), gap(3, 4, 'missing'), gap(5, 6)]);
  });

  it('covers each bar once, with the reason that was known first, in any case', () => {
    const anyGap = fc
      .record({
        from: fc.integer({ min: 0, max: 30 }),
        length: fc.integer({ min: 0, max: 6 }),
        reason: fc.constantFrom('empty' as const, 'missing' as const),
      })
      .map(({ from, length, reason }) => gap(from, from + length, reason));
    fc.assert(
      fc.property(fc.array(anyGap), fc.array(anyGap), (first, second) => {
        const known = mergeGaps([], first, STEP);
        const merged = mergeGaps(known, second, STEP);
        expect(bars(merged)).toEqual(new Map([...bars([...known, ...second])].sort(byTime)));
        const covered = merged.reduce(
          (sum, { fromOpenTime, toOpenTime }) => sum + (toOpenTime - fromOpenTime) / STEP + 1,
          0,
        );
        expect(covered).toBe(bars(merged).size);
        expect(mergeGaps(merged, second, STEP)).toEqual(merged);
      }),
      { seed: 3 },
    );
  });
});

function byTime([one]: [number, string], [other]: [number, string]): number {
  return one - other;
}
