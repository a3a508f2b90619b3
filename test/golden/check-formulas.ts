import { describe, expect, it } from 'vitest';
import { NAIVE_ROWS, type NaiveRow } from './naive-rows.js';

/** What a feature is by its formula, computed from raw candles by other code. */
export type Formulas = Readonly<Record<string, (row: NaiveRow) => number>>;

/** Holds features to formulas at a few dozen bars, to the digits that float32 keeps. */
export function checkFormulas(title: string, formulas: Formulas): void {
  describe(title, () => {
    it.each(Object.keys(formulas))('%s is what its formula says', (name) => {
      for (const row of NAIVE_ROWS) {
        const expected = formulas[name]?.(row) ?? NaN;
        const tolerance = 2e-6 * Math.max(Math.abs(expected), 0.01);
        expect(Math.abs(row.feature(name) - expected)).toBeLessThanOrEqual(tolerance);
      }
    });
  });
}
