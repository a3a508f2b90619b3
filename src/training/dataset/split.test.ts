import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rowCount, splitRows } from './split.js';

const OPTIONS = { trainFraction: 0.7, validationFraction: 0.15, horizonBars: 4, embargoBars: 4 };
const consecutive = (rows: number, first = 1000): number[] =>
  Array.from({ length: rows }, (_, row) => first + row);

describe('splitRows', () => {
  it('cuts 1,000 rows at 700 and 850 and takes 8 rows before each cut', () => {
    expect(splitRows(consecutive(1000), OPTIONS)).toEqual({
      train: { from: 0, to: 692 },
      validation: { from: 700, to: 842 },
      test: { from: 850, to: 1000 },
    });
  });

  it('takes nothing away without horizon and embargo', () => {
    const split = splitRows(consecutive(100), { ...OPTIONS, horizonBars: 0, embargoBars: 0 });
    expect([split.train.to, split.validation.to]).toEqual([70, 85]);
  });

  it('counts bars, not rows: where 10 bars are missing before the cut nothing more is removed', () => {
    const bars = [...consecutive(70), ...consecutive(30, 1000 + 70 + 10)];
    expect(splitRows(bars, OPTIONS).train.to).toBe(70);
  });

  it('leaves an empty validation part when the gap swallows it', () => {
    expect(rowCount(splitRows(consecutive(20), OPTIONS).validation)).toBe(0);
  });

  it('never lets a label of one part reach the next one', () => {
    const gaps = fc.array(fc.integer({ min: 1, max: 6 }), { minLength: 3, maxLength: 200 });
    fc.assert(
      fc.property(
        gaps,
        fc.integer({ min: 1, max: 24 }),
        fc.integer({ min: 0, max: 24 }),
        (steps, horizonBars, embargoBars) => {
          let bar = 0;
          const bars = steps.map((step) => (bar += step));
          const { train, validation, test } = splitRows(bars, {
            ...OPTIONS,
            horizonBars,
            embargoBars,
          });
          const reach = horizonBars + embargoBars;
          for (const [older, newer] of [
            [train, validation],
            [validation, test],
            [train, test],
          ] as const) {
            const last = bars[older.to - 1];
            const first = bars[newer.from];
            if (rowCount(older) === 0 || last === undefined || first === undefined) continue;
            expect(last + reach).toBeLessThan(first);
          }
        },
      ),
    );
  });
});
