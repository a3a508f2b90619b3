import { describe, expect, it } from 'vitest';
import { cutColumns } from '../../test/golden/generated-series.js';
import { REFERENCE, SERIES, WORKSPACE } from '../../test/golden/feature-rows.js';
import { CATALOGUE } from './catalogue.js';
import { computeFeatureMatrix, type FeatureMatrix } from './feature-matrix.js';
import { noveltyShare, rangesOf } from './novelty.js';
import { sanitize } from './sanitize.js';

const ROWS = 10;

/** A matrix of ten rows from columns by name. */
function matrixOf(columns: Readonly<Record<string, readonly number[]>>): FeatureMatrix {
  const names = Object.keys(columns);
  return {
    firstIndex: 0,
    rows: ROWS,
    names,
    values: Float32Array.from(names.flatMap((name) => columns[name] ?? [])),
    isUsable: new Uint8Array(ROWS).fill(1),
    isReferenceMissing: new Uint8Array(ROWS),
  };
}

const RISING = Array.from({ length: ROWS }, (_, row) => row);
const WAVE = RISING.map((row) => Math.sin(row));
const ALL = { from: 0, to: ROWS };

function without(values: readonly number[], rows: readonly number[]): number[] {
  return values.map((value, row) => (rows.includes(row) ? NaN : value));
}

describe('sanitising', () => {
  it('drops what is constant, a copy, not finite or mostly missing, and says why', () => {
    const result = sanitize(
      matrixOf({
        rising: RISING,
        constant: RISING.map(() => 3),
        copy: RISING,
        infinite: RISING.map((row) => (row === 4 ? Infinity : row)),
        missing: without(WAVE, [0, 1, 2]),
        wave: WAVE,
      }),
      ALL,
    );
    expect(result.kept).toEqual(['rising', 'wave']);
    expect(result.keptColumns).toEqual([0, 5]);
    expect(result.dropped).toEqual([
      { name: 'constant', reason: 'constant' },
      { name: 'copy', reason: 'duplicate' },
      { name: 'infinite', reason: 'non-finite' },
      { name: 'missing', reason: 'mostly missing' },
    ]);
    expect(result).toMatchObject({ initialFeatures: 6, finalFeatures: 2, rowsKept: ROWS });
  });

  it('keeps a feature missing in a fifth of the rows and drops those rows instead', () => {
    const result = sanitize(matrixOf({ rising: RISING, gappy: without(WAVE, [3, 7]) }), ALL);
    expect(result.kept).toEqual(['rising', 'gappy']);
    expect(result.rowsKept).toBe(8);
    expect([...result.isRowKept]).toEqual([1, 1, 1, 0, 1, 1, 1, 0, 1, 1]);
  });

  it('decides by the training rows alone', () => {
    const later = RISING.map((row) => (row < 6 ? Math.cos(row) : NaN));
    const lateCopy = RISING.map((row) => (row < 6 ? row + 0.5 : row));
    const lateMove = RISING.map((row) => (row < 6 ? 1 : row));
    const columns = { rising: RISING, later, lateCopy, lateMove };
    const result = sanitize(matrixOf(columns), { from: 0, to: 6 });
    expect(result.kept).toEqual(['rising', 'later', 'lateCopy']);
    expect(result.dropped).toEqual([{ name: 'lateMove', reason: 'constant' }]);
    expect(result.rowsKept).toBe(6);
  });

  it('counts usable rows alone, for missing values as for rows kept', () => {
    const matrix = matrixOf({ rising: RISING, late: without(WAVE, [0, 1, 2, 3]) });
    matrix.isUsable.fill(0, 0, 4);
    const result = sanitize(matrix, ALL);
    expect(result.kept).toEqual(['rising', 'late']);
    expect(result.rowsKept).toBe(6);
  });

  it('tells apart columns that agree in sum but not row by row', () => {
    const swapped = [...WAVE];
    [swapped[2], swapped[5]] = [WAVE[5] ?? NaN, WAVE[2] ?? NaN];
    expect(sanitize(matrixOf({ wave: WAVE, swapped }), ALL).kept).toEqual(['wave', 'swapped']);
  });

  it('of no usable rows leaves nothing', () => {
    const matrix = matrixOf({ rising: RISING });
    matrix.isUsable.fill(0);
    expect(sanitize(matrix, ALL)).toMatchObject({ kept: [], rowsKept: 0 });
  });
});

describe('an instrument listed 400 bars ago', () => {
  const firstBarIndex = SERIES.firstIndex + SERIES.length - 400;
  const end = SERIES.firstIndex + SERIES.length;
  const series = { ...cutColumns(SERIES, firstBarIndex, end), firstBarIndex };
  const matrix = computeFeatureMatrix({
    series,
    reference: REFERENCE,
    fromIndex: firstBarIndex,
    toIndex: end,
    workspace: WORKSPACE,
  });

  it('loses its long windows and keeps most rows', () => {
    const result = sanitize(matrix, { from: 0, to: 280 });
    expect(result.rowsKept).toBeGreaterThanOrEqual(320);
    expect(result.finalFeatures).toBeGreaterThan(250);
    expect(result.dropped).toContainEqual({ name: 'log_return_336', reason: 'mostly missing' });
    expect(result.initialFeatures).toBe(CATALOGUE.length);
  });
});

describe('the reference symbol itself', () => {
  it('drops what compares it with itself, and the copies of its own returns', () => {
    const from = SERIES.firstIndex + 640;
    const matrix = computeFeatureMatrix({
      series: SERIES,
      reference: SERIES,
      fromIndex: from,
      toIndex: from + 600,
      workspace: WORKSPACE,
    });
    const { dropped } = sanitize(matrix, { from: 0, to: 400 });
    expect(dropped).toContainEqual({ name: 'excess_return_1', reason: 'constant' });
    expect(dropped).toContainEqual({ name: 'reference_return_1', reason: 'duplicate' });
    expect(dropped).not.toContainEqual({ name: 'log_return_1', reason: 'duplicate' });
  });

  it('keeps both as a member of a pool, and what is compared is 0', () => {
    const from = SERIES.firstIndex + 640;
    const features = ['excess_return_4', 'beta_48', 'reference_return_1', 'log_return_1'];
    const sources = { series: SERIES, reference: SERIES, features, workspace: WORKSPACE };
    const matrix = computeFeatureMatrix({ ...sources, fromIndex: from, toIndex: from + 600 });
    const { dropped } = sanitize(matrix, { from: 0, to: 400, keepConstantFeatures: true });
    expect(dropped).toEqual([]);
    expect(matrix.values.subarray(0, 1200).every((value) => value === 0)).toBe(true);
  });
});

describe('novelty', () => {
  const matrix = matrixOf({ rising: RISING, wave: WAVE });
  const isRowKept = Uint8Array.from(RISING, (row) => Number(row < 5));
  const ranges = rangesOf({ matrix, columns: [1, 0], isRowKept });

  it('takes ranges from the rows trained on, in the model’s order', () => {
    expect(ranges.highest[1]).toBe(4);
    expect(ranges.lowest[1]).toBe(0);
    expect(ranges.lowest[0]).toBe(Math.fround(Math.sin(4)));
  });

  it('is the share of features outside their range, bounds being inside and missing ones outside', () => {
    expect(noveltyShare(Float32Array.of(0, 4), ranges)).toBe(0);
    expect(noveltyShare(Float32Array.of(0, 4.001), ranges)).toBe(0.5);
    expect(noveltyShare(Float32Array.of(NaN, -1), ranges)).toBe(1);
    expect(noveltyShare(new Float32Array(0), ranges)).toBe(0);
  });
});
