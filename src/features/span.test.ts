import { describe, expect, it } from 'vitest';
import {
  bitsFrom,
  bitsOf,
  END,
  FULL,
  REFERENCE,
  rowsOf,
  SERIES,
  valuesOf,
  WORKSPACE,
} from '../../test/golden/feature-rows.js';
import { cutColumns } from '../../test/golden/generated-series.js';
import { BarState, type CandleColumns } from '../domain/candle-columns.js';
import { blockStart, BLOCK_BARS, DEPTH_BARS } from './definition/block-layout.js';
import { CATALOGUE } from './catalogue.js';
import { computeFeatureRow } from './feature-matrix.js';

const REFERENCE_NAMES = CATALOGUE.filter(({ group }) => group === 'reference').map((d) => d.name);
const FULL_MATRIX = rowsOf(SERIES, FULL, END);

function withState(columns: CandleColumns, index: number, state: number): CandleColumns {
  const states = columns.state.slice();
  states[index - columns.firstIndex] = state;
  return { ...columns, state: states };
}

describe('the history of a row', () => {
  it('makes rows short of depth unusable where no first bar is known', () => {
    const matrix = rowsOf(SERIES, SERIES.firstIndex, END);
    const first = matrix.isUsable.indexOf(1);
    expect(first + SERIES.firstIndex).toBe(
      blockStart(SERIES.firstIndex - 1) + BLOCK_BARS + DEPTH_BARS,
    );
    for (const name of matrix.names) {
      expect(valuesOf(matrix, name).subarray(0, first).every(Number.isNaN)).toBe(true);
    }
  });

  it('makes rows of a young series usable from its first bar, its windows filling one by one', () => {
    const young = { ...SERIES, firstBarIndex: SERIES.firstIndex };
    const matrix = rowsOf(young, SERIES.firstIndex, END);
    expect(matrix.isUsable.every((flag) => flag === 1)).toBe(true);
    expect(valuesOf(matrix, 'log_return_24').findIndex((value) => !Number.isNaN(value))).toBe(24);
    expect(valuesOf(matrix, 'sma_distance_100').findIndex((value) => !Number.isNaN(value))).toBe(
      99,
    );
  });

  it('gives a young series the same rows from its first bar on, whichever rows are computed', () => {
    const young = { ...SERIES, firstBarIndex: SERIES.firstIndex };
    const matrix = rowsOf(young, SERIES.firstIndex, END);
    for (let index = SERIES.firstIndex; index < END; index += 31) {
      const row = computeFeatureRow({
        series: young,
        reference: REFERENCE,
        index,
        workspace: WORKSPACE,
      });
      expect(bitsFrom(row.values)).toEqual(bitsOf(matrix, index));
    }
    for (let index = FULL; index < END; index += 31) {
      expect(bitsOf(matrix, index)).toEqual(bitsOf(FULL_MATRIX, index));
    }
  });

  it('has no rows before the first bar', () => {
    const firstBarIndex = SERIES.firstIndex + 300;
    const matrix = rowsOf({ ...SERIES, firstBarIndex }, SERIES.firstIndex, END);
    expect(matrix.isUsable.indexOf(1)).toBe(300);
  });

  it('makes exactly the rows unusable whose span has an unknown bar', () => {
    const unknown = FULL + 70;
    const matrix = rowsOf(withState(SERIES, unknown, BarState.unknown), FULL, END);
    for (let index = FULL; index < END; index++) {
      const isInSpan = unknown <= index && unknown >= blockStart(index) - DEPTH_BARS;
      expect(matrix.isUsable[index - FULL]).toBe(isInSpan ? 0 : 1);
    }
    expect(matrix.isUsable.includes(1)).toBe(true);
    expect(bitsOf(matrix, unknown - 1)).toEqual(bitsOf(FULL_MATRIX, unknown - 1));
  });

  it('ends with the columns: bars that are not there have no usable row', () => {
    const matrix = rowsOf(SERIES, END - 3, END + 5);
    expect([...matrix.isUsable]).toEqual([1, 1, 1, 0, 0, 0, 0, 0]);
  });
});

describe('the reference', () => {
  const index = FULL + 200;

  it('that is unknown at a bar of the span leaves reference features missing and flags the row', () => {
    const reference = withState(REFERENCE, index - 30, BarState.unknown);
    const request = { series: SERIES, index, workspace: WORKSPACE };
    const row = computeFeatureRow({ ...request, reference });
    const names = FULL_MATRIX.names;
    const missing = names.filter((_, column) => Number.isNaN(row.values[column]));
    expect(row.isUsable).toBe(true);
    expect(row.isReferenceMissing).toBe(true);
    expect(missing).toEqual(REFERENCE_NAMES);
    const whole = computeFeatureRow({ ...request, reference: REFERENCE });
    expect(whole.isReferenceMissing).toBe(false);
  });

  it('whose newest candle has not come yet is missing', () => {
    const reference = cutColumns(REFERENCE, REFERENCE.firstIndex, index);
    const row = computeFeatureRow({ series: SERIES, reference, index });
    expect(row.isReferenceMissing).toBe(true);
    expect(row.isUsable).toBe(true);
  });

  it('that a series does not have is not missed', () => {
    const row = computeFeatureRow({ series: SERIES, reference: undefined, index });
    expect(row.isReferenceMissing).toBe(false);
    const values = REFERENCE_NAMES.map((name) => row.values[FULL_MATRIX.names.indexOf(name)]);
    expect(values.every((value) => Number.isNaN(value))).toBe(true);
  });

  it('is compared with others; with itself there is nothing between them', () => {
    const row = computeFeatureRow({ series: REFERENCE, reference: REFERENCE, index });
    const value = (name: string): number | undefined => row.values[FULL_MATRIX.names.indexOf(name)];
    expect(value('reference_return_4')).toBe(value('log_return_4'));
    for (const name of [
      'excess_return_4',
      'beta_168',
      'reference_correlation_48',
      'relative_vol_24',
    ]) {
      expect(value(name)).toBe(0);
    }
  });

  it('returns and strength are what they say', () => {
    const row = computeFeatureRow({ series: SERIES, reference: REFERENCE, index });
    const back = (columns: CandleColumns, bars: number): number => {
      const at = index - columns.firstIndex;
      return Math.log((columns.close[at] ?? NaN) / (columns.close[at - bars] ?? NaN));
    };
    const value = (name: string): number => row.values[FULL_MATRIX.names.indexOf(name)] ?? NaN;
    for (const bars of [1, 2, 4, 6, 12, 24, 48, 72]) {
      expect(value(`reference_return_${bars}`)).toBeCloseTo(back(REFERENCE, bars), 6);
      expect(value(`excess_return_${bars}`)).toBeCloseTo(
        back(SERIES, bars) - back(REFERENCE, bars),
        6,
      );
    }
  });

  it('that is younger than the span fills its windows from its first bar on', () => {
    const reference = { ...REFERENCE, firstBarIndex: index - 30 };
    const row = computeFeatureRow({ series: SERIES, reference, index });
    const value = (name: string): number => row.values[FULL_MATRIX.names.indexOf(name)] ?? NaN;
    expect(row.isReferenceMissing).toBe(false);
    expect(value('reference_return_24')).not.toBeNaN();
    expect(value('reference_return_48')).toBeNaN();
  });
});
