import fc from 'fast-check';
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
import {
  cutColumns,
  generateColumns,
  GOLDEN_SERIES,
  mulberry32,
} from '../../test/golden/generated-series.js';
import { BarState, type CandleColumns } from '../domain/candle-columns.js';
import { TIMEFRAMES } from '../domain/timeframe.js';
import { blockStart } from './definition/block-layout.js';
import { CATALOGUE } from './catalogue.js';
import {
  computeFeatureMatrix,
  computeFeatureRow,
  createFeatureWorkspace,
  REQUIRED_BARS,
} from './feature-matrix.js';

const VOLUME_NAMES = CATALOGUE.filter(({ group }) => group === 'volume').map((d) => d.name);

/** Columns whose bars from a number on are replaced by wild ones. */
function disturbed(columns: CandleColumns, fromIndex: number, seed: number): CandleColumns {
  const random = mulberry32(seed);
  const copy = cutColumns(columns, columns.firstIndex, columns.firstIndex + columns.length);
  for (let i = fromIndex - columns.firstIndex; i < copy.length; i++) {
    const price = 10 + 1000 * random();
    copy.open[i] = price;
    copy.high[i] = price * (1 + random());
    copy.low[i] = price * random();
    copy.close[i] = price;
    copy.volume[i] = 1e6 * random();
    copy.state[i] = random() < 0.3 ? BarState.unknown : BarState.stored;
  }
  return copy;
}

/** Columns whose prices are multiplied by a factor. */
function scaledBy(columns: CandleColumns, factor: number): CandleColumns {
  const times = (column: Float64Array): Float64Array => column.map((value) => value * factor);
  return {
    ...columns,
    open: times(columns.open),
    high: times(columns.high),
    low: times(columns.low),
    close: times(columns.close),
  };
}

const FULL_MATRIX = rowsOf(SERIES, FULL, END);

describe('a feature row', () => {
  it('has every feature once its history is deep enough', () => {
    expect(FULL_MATRIX.isUsable.every((flag) => flag === 1)).toBe(true);
    const missing = FULL_MATRIX.names.filter((name) =>
      valuesOf(FULL_MATRIX, name).some(Number.isNaN),
    );
    expect(missing).toEqual([]);
  });

  it('varies in every feature but those that cannot', () => {
    const constant = FULL_MATRIX.names.filter(
      (name) => new Set(valuesOf(FULL_MATRIX, name)).size === 1,
    );
    expect(constant).toEqual([]);
  });

  it('does not change when any later candle changes or becomes unknown', () => {
    for (let index = FULL; index < END - 1; index += 53) {
      const series = disturbed(SERIES, index + 1, index);
      const reference = disturbed(REFERENCE, index + 1, index + 1);
      const row = computeFeatureMatrix({
        series,
        reference,
        fromIndex: index - 10,
        toIndex: Math.min(index + 40, END),
        workspace: WORKSPACE,
      });
      expect(bitsOf(row, index)).toEqual(bitsOf(FULL_MATRIX, index));
      expect(bitsOf(row, index - 10)).toEqual(
        index - 10 >= FULL ? bitsOf(FULL_MATRIX, index - 10) : bitsOf(row, index - 10),
      );
    }
  });

  it('does not change when later candles are added', () => {
    for (let index = FULL; index < END; index += 37) {
      const known = cutColumns(SERIES, SERIES.firstIndex, index + 1);
      const reference = cutColumns(REFERENCE, REFERENCE.firstIndex, index + 1);
      const row = computeFeatureRow({ series: known, reference, index, workspace: WORKSPACE });
      expect(bitsFrom(row.values)).toEqual(bitsOf(FULL_MATRIX, index));
    }
  });

  it('is the same bit for bit live as in a matrix', () => {
    for (let index = FULL; index < END; index++) {
      const request = { series: SERIES, reference: REFERENCE, index, workspace: WORKSPACE };
      expect(bitsFrom(computeFeatureRow(request).values)).toEqual(bitsOf(FULL_MATRIX, index));
    }
  });

  it('does not depend on where history begins, given the required bars', () => {
    for (let index = FULL; index < END; index += 29) {
      const from = index - REQUIRED_BARS + 1;
      const row = computeFeatureRow({
        series: cutColumns(SERIES, from, index + 1),
        reference: cutColumns(REFERENCE, from, index + 1),
        index,
        workspace: WORKSPACE,
      });
      expect(row.isUsable).toBe(true);
      expect(bitsFrom(row.values)).toEqual(bitsOf(FULL_MATRIX, index));
    }
  });

  it('does not depend on what the workspace was used for before', () => {
    const other = generateColumns({ seed: 99, bars: 1300, firstPrice: 0.00001 });
    rowsOf(other, FULL, END);
    const again = rowsOf(SERIES, FULL, END);
    const fresh = computeFeatureMatrix({
      series: SERIES,
      reference: REFERENCE,
      fromIndex: FULL,
      toIndex: END,
    });
    expect(Buffer.compare(Buffer.from(again.values.buffer), Buffer.from(fresh.values.buffer))).toBe(
      0,
    );
    expect(
      Buffer.compare(Buffer.from(FULL_MATRIX.values.buffer), Buffer.from(fresh.values.buffer)),
    ).toBe(0);
  });

  it('reads no buffer that its own block did not write', () => {
    const workspace = createFeatureWorkspace();
    const request = { series: SERIES, reference: REFERENCE, workspace };
    for (const garbage of [1e300, -7, 0, NaN]) {
      for (const index of [FULL, FULL + 1, blockStart(FULL + 200), END - 1]) {
        for (const { out } of workspace.bound) out.fill(garbage);
        const row = computeFeatureRow({ ...request, index });
        expect(bitsFrom(row.values)).toEqual(bitsOf(FULL_MATRIX, index));
      }
    }
  });

  it('holds the features asked for, in their order', () => {
    const names = ['weekend', 'rsi_14', 'beta_168', 'log_return_1'];
    const index = FULL + 100;
    const request = { series: SERIES, reference: REFERENCE, index };
    const some = computeFeatureRow({ ...request, features: names });
    const all = computeFeatureRow(request);
    const expected = names.map((name) => all.values[FULL_MATRIX.names.indexOf(name)]);
    expect([...some.values]).toEqual(expected);
  });

  it('is refused for an unknown or doubled feature and for a reference of another timeframe', () => {
    const request = { series: SERIES, reference: REFERENCE, index: FULL };
    expect(() => computeFeatureRow({ ...request, features: ['rsi_15'] })).toThrow(/rsi_15/);
    const twice = ['rsi_14', 'rsi_7', 'rsi_14'];
    expect(() => computeFeatureRow({ ...request, features: twice })).toThrow(/twice/);
    const reference = { ...REFERENCE, timeframe: '4h' } as const;
    expect(() => computeFeatureRow({ ...request, reference })).toThrow(RangeError);
  });
});

describe('the scale of prices', () => {
  it.each([2 ** -40, 0.5, 2, 2 ** 30])('times %d changes no bit of any feature', (factor) => {
    const matrix = computeFeatureMatrix({
      series: scaledBy(SERIES, factor),
      reference: scaledBy(REFERENCE, 1 / factor),
      fromIndex: FULL,
      toIndex: END,
    });
    expect(
      Buffer.compare(Buffer.from(matrix.values.buffer), Buffer.from(FULL_MATRIX.values.buffer)),
    ).toBe(0);
  });

  it('and of volume by a power of two changes no bit either', () => {
    const series = { ...SERIES, volume: SERIES.volume.map((value) => value * 1024) };
    const matrix = rowsOf(series, FULL, END);
    expect(
      Buffer.compare(Buffer.from(matrix.values.buffer), Buffer.from(FULL_MATRIX.values.buffer)),
    ).toBe(0);
  });

  it('by any constant changes values by rounding alone', () => {
    const matrix = rowsOf(scaledBy(SERIES, 0.000_123_7), FULL, END);
    for (const name of ['rsi_14', 'sma_distance_50', 'bollinger_position_20', 'macd_12_26']) {
      const before = valuesOf(FULL_MATRIX, name);
      valuesOf(matrix, name).forEach((value, row) => {
        expect(Math.abs(value - (before[row] ?? NaN))).toBeLessThan(1e-6);
      });
    }
  });
});

describe('a series without volume', () => {
  it('has no volume features and all others', () => {
    const series = { ...SERIES, volume: new Float64Array(SERIES.length) };
    const matrix = rowsOf(series, FULL, END);
    const missing = matrix.names.filter((name) => valuesOf(matrix, name).every(Number.isNaN));
    const ofVolume = matrix.names.filter((name) =>
      /volume|mfi|obv|cmf|vwap|chaikin|pvo|force|impact|traded/.test(name),
    );
    expect(missing).toEqual(ofVolume);
    expect(VOLUME_NAMES.every((name) => missing.includes(name))).toBe(true);
  });
});

describe('a market that stands still', () => {
  it('still has every feature after a long calm', () => {
    const series = generateColumns({ ...GOLDEN_SERIES, idleShare: 0 });
    for (let i = 900; i < series.length; i++) {
      const price = series.close[899] ?? NaN;
      for (const column of [series.open, series.high, series.low, series.close]) column[i] = price;
      series.volume[i] = 0;
      series.state[i] = BarState.filler;
    }
    const matrix = rowsOf(series, FULL, END);
    const missing = matrix.names.filter((name) => valuesOf(matrix, name).some(Number.isNaN));
    expect(missing).toEqual([]);
  });
});

/** Wild bars: prices over many orders of magnitude, flat stretches, spikes, no volume. */
const BARS = fc.record({
  seed: fc.integer(),
  firstPrice: fc.constantFrom(1e-12, 1e-8, 0.01, 1, 1e5, 1e12),
  idleShare: fc.constantFrom(0, 0.05, 0.5, 0.95, 1),
  timeframe: fc.constantFrom(...TIMEFRAMES),
  isFirstBarKnown: fc.boolean(),
  spike: fc.constantFrom(1, 1.0000001, 1000, 1e6, 1e-6),
  volume: fc.constantFrom(0, 1e-12, 1, 1e15),
});

describe('any series', () => {
  it('yields finite or missing values alone, and rows equal bit for bit', () => {
    fc.assert(
      fc.property(BARS, ({ spike, volume, ...options }) => {
        const series = generateColumns({ ...options, bars: 800 });
        spikeAt(series, 700, spike);
        series.volume.forEach((value, i) => (series.volume[i] = value * volume));
        const from = series.firstIndex + 560;
        const request = { series, reference: series, workspace: WORKSPACE };
        const matrix = computeFeatureMatrix({ ...request, fromIndex: from, toIndex: from + 240 });
        const infinite = matrix.values.filter((value) => Math.abs(value) === Infinity);
        expect(infinite.length).toBe(0);
        const row = computeFeatureRow({ ...request, index: from + 150 });
        expect(bitsFrom(row.values)).toEqual(bitsOf(matrix, from + 150));
      }),
      { numRuns: 40, seed: 1 },
    );
  });
});

function spikeAt(series: CandleColumns, at: number, factor: number): void {
  for (const column of [series.open, series.high, series.low, series.close]) {
    column[at] = (column[at] ?? NaN) * factor;
  }
}
