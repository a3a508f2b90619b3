import { describe, expect, it } from 'vitest';
import { END, FULL, rowsOf, SERIES, valuesOf } from '../../../test/golden/feature-rows.js';
import { CATALOGUE, findFeatureNumber } from '../catalogue.js';

const MATRIX = rowsOf(SERIES, FULL, END);

/** Lagged features of this form whose original is in the catalogue under its own name. */
const LAGGED = CATALOGUE.flatMap(({ name, group }) => {
  const [, original = '', bars = ''] = /^(.+)_lag_(\d+)$/.exec(name) ?? [];
  const isKnown = group === 'lags' && findFeatureNumber(original) !== undefined;
  return isKnown ? [{ name, original, bars: Number(bars) }] : [];
});

describe('lagged features', () => {
  it('are checked in their greater part', () => {
    expect(LAGGED.length).toBeGreaterThan(20);
  });

  it.each(LAGGED)('$name is $original $bars bars before', ({ name, original, bars }) => {
    const lagged = valuesOf(MATRIX, name);
    const before = valuesOf(MATRIX, original);
    for (let row = bars; row < MATRIX.rows; row++) {
      const expected = before[row - bars] ?? NaN;
      // The two rows may lie in different blocks, whose recursions began at different bars.
      expect(Math.abs((lagged[row] ?? NaN) - expected)).toBeLessThanOrEqual(1e-5);
    }
  });
});

describe('calendar features', () => {
  it('follow the open time of the bar in UTC', () => {
    for (let row = 0; row < MATRIX.rows; row += 13) {
      const time = new Date((FULL + row) * 3_600_000);
      const value = (name: string): number => valuesOf(MATRIX, name)[row] ?? NaN;
      const hour = time.getUTCHours();
      expect(value('day_sin')).toBeCloseTo(Math.sin((2 * Math.PI * hour) / 24), 5);
      expect(value('eight_hours_cos')).toBeCloseTo(Math.cos((2 * Math.PI * (hour % 8)) / 8), 5);
      expect(value('weekend')).toBe(Number([0, 6].includes(time.getUTCDay())));
      expect(value('asia_session')).toBe(Number(hour < 8));
      const hourOfWeek = ((time.getUTCDay() + 6) % 7) * 24 + hour;
      expect(value('week_cos')).toBeCloseTo(Math.cos((2 * Math.PI * hourOfWeek) / 168), 5);
    }
  });
});
