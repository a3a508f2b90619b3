import { describe, expect, it } from 'vitest';
import { plantedCandles } from '../../../test/training/planted-candles.js';
import { BarState, toColumns, type CandleColumns } from '../../domain/candle-columns.js';
import type { Candle } from '../../domain/candle.js';
import { barIndex } from '../../domain/timeframe.js';
import { buildDataset, type DatasetRequest } from './build-dataset.js';
import type { Dataset } from './dataset-summary.js';
import { hashRows } from './hash-rows.js';
import { rowCount } from './split.js';

const HOUR_MS = 3_600_000;
const LAST_OPEN_TIME = Date.UTC(2024, 5, 2, 23);
const HORIZON = 4;
const FEATURES = ['log_return_1', 'log_return_2', 'range_position_24'];

function columnsOf(candles: readonly Candle[], firstBarIndex?: number): CandleColumns {
  return toColumns(candles, { timeframe: '1h', firstBarIndex, isKnownGap: () => true });
}

function requestOf(series: CandleColumns, bars: number): DatasetRequest {
  const toIndex = series.firstIndex + series.length;
  return {
    series,
    reference: undefined,
    toIndex,
    fromIndex: toIndex - bars,
    horizonBars: HORIZON,
    embargoBars: HORIZON,
    trainFraction: 0.7,
    validationFraction: 0.15,
    minSamples: 400,
    candidateFeatures: FEATURES,
  };
}

function built(dataset: Dataset): Extract<Dataset, { status: 'built' }> {
  if (dataset.status !== 'built') throw new Error(dataset.reason);
  return dataset;
}

const CANDLES = plantedCandles({
  bars: 1700,
  lastOpenTime: LAST_OPEN_TIME,
  seed: 5,
  momentum: 0.3,
});
const WINDOW_BARS = 1000;

describe('buildDataset', () => {
  const request = requestOf(columnsOf(CANDLES), WINDOW_BARS);
  const { summary, table } = built(buildDataset(request));

  it('begins the test part after what a base model has seen, and not before the usual cut', () => {
    const usual = summary.cuts.testFrom;
    const after = (seenUntil: number) => built(buildDataset({ ...request, seenUntil })).summary;
    expect(after(usual - 20 * HOUR_MS).split).toEqual(summary.split);
    const later = after(usual + 20 * HOUR_MS);
    expect(later.cuts.testFrom).toBe(usual + (20 + HORIZON) * HOUR_MS);
    expect(later.cuts.testFrom - later.cuts.validationTo).toBe((2 * HORIZON + 1) * HOUR_MS);
    expect(later.split.train).toEqual(summary.split.train);
  });

  it('keeps every bar of the window but the last ones, whose label is not known yet', () => {
    expect(summary.rawSamples).toBe(WINDOW_BARS);
    expect(summary.samples).toBe(WINDOW_BARS - HORIZON);
    expect(table.openTimes[0]).toBe(LAST_OPEN_TIME - (WINDOW_BARS - 1) * HOUR_MS);
    expect(table.openTimes.at(-1)).toBe(LAST_OPEN_TIME - HORIZON * HOUR_MS);
    expect(summary.dataEnd).toBe(LAST_OPEN_TIME + HOUR_MS);
  });

  it('labels a row by the return over its horizon', () => {
    const close = (bar: number): number =>
      CANDLES[CANDLES.length - WINDOW_BARS + bar]?.close ?? NaN;
    for (const row of [0, 17, 500, 995]) {
      const expected = Math.log(close(row + HORIZON) / close(row));
      expect(table.forwardReturns[row]).toBeCloseTo(expected, 7);
      const label =
        expected <= summary.thresholds.sell ? 0 : expected >= summary.thresholds.buy ? 2 : 1;
      expect(table.labels[row]).toBe(label);
    }
  });

  it('takes thresholds from the training split: a third of it lies in each class', () => {
    const rows = rowCount(summary.split.train);
    for (const count of summary.trainCounts) expect(Math.abs(count - rows / 3)).toBeLessThan(2);
    const [sell, hold, buy] = summary.classDistribution;
    expect(sell + hold + buy).toBe(summary.samples);
  });

  it('takes them from nothing later: another test part changes neither threshold nor mean', () => {
    const cut = CANDLES.length - 200;
    const other = CANDLES.map((candle, at) =>
      at < cut ? candle : { ...candle, close: candle.open * 1.0001, high: candle.high * 2 },
    );
    const changed = built(buildDataset(requestOf(columnsOf(other), WINDOW_BARS))).summary;
    expect(changed.thresholds).toEqual(summary.thresholds);
    expect(changed.classMeanReturns).toEqual(summary.classMeanReturns);
    expect(changed.sanitization).toEqual(summary.sanitization);
    expect(changed.classDistribution).not.toEqual(summary.classDistribution);
  });

  it('means the forward returns of each class over the training split', () => {
    const sums = [0, 0, 0];
    for (let row = 0; row < summary.split.train.to; row++) {
      const label = table.labels[row] ?? 0;
      sums[label] = (sums[label] ?? 0) + (table.forwardReturns[row] ?? 0);
    }
    summary.classMeanReturns.forEach((mean, at) =>
      expect(mean).toBeCloseTo((sums[at] ?? 0) / (summary.trainCounts[at] ?? 1), 7),
    );
    expect(summary.classMeanReturns[0]).toBeLessThan(summary.classMeanReturns[1]);
    expect(summary.classMeanReturns[1]).toBeLessThan(summary.classMeanReturns[2]);
  });

  it('leaves no missing value in the table', () => {
    expect(table.values.every((value) => Number.isFinite(value))).toBe(true);
    expect(table.labels.every((label) => label >= 0 && label <= 2)).toBe(true);
  });
});

describe('buildDataset on awkward series', () => {
  it('uses no bar that was filled in as a row', () => {
    const cut = CANDLES.length - 300;
    const gappy = CANDLES.filter((_, at) => at < cut || at % 10 !== 0);
    const series = columnsOf(gappy);
    const { summary, table } = built(buildDataset(requestOf(series, WINDOW_BARS)));
    const states = Array.from(table.openTimes, (openTime) => {
      return series.state[barIndex(openTime, '1h') - series.firstIndex];
    });
    expect(new Set(states)).toEqual(new Set([BarState.stored]));
    expect(summary.rawSamples).toBe(WINDOW_BARS - 30);
  });

  it('trains an instrument that was listed 400 bars ago and drops its long windows', () => {
    const young = CANDLES.slice(-400);
    const firstBarIndex = barIndex(young[0]?.openTime ?? 0, '1h');
    const series = columnsOf(young, firstBarIndex);
    const { summary } = built(
      buildDataset({ ...requestOf(series, 400), candidateFeatures: undefined }),
    );
    expect(summary.rawSamples).toBe(400);
    expect(summary.samples).toBeGreaterThan(250);
    expect(summary.sanitization.dropped.map(({ reason }) => reason)).toContain('mostly missing');
  });

  it('has too few rows with 399 usable candles', () => {
    const young = CANDLES.slice(-399);
    const firstBarIndex = barIndex(young[0]?.openTime ?? 0, '1h');
    expect(buildDataset(requestOf(columnsOf(young, firstBarIndex), 399))).toEqual({
      status: 'too_few_rows',
      reason: '399 of 400 usable candles',
    });
  });

  it('has too few rows where history is short of depth, however many candles are there', () => {
    const short = columnsOf(CANDLES.slice(-800));
    expect(buildDataset(requestOf(short, 800)).status).toBe('too_few_rows');
  });

  it('sets the SELL threshold to 0 in a market that only rises, and says so', () => {
    const rising = CANDLES.map((candle, at) => {
      const factor = Math.exp(0.03 * at);
      const { open, high, low, close } = candle;
      const lift = { open: open * factor, high: high * factor, low: low * factor };
      return { ...candle, ...lift, close: close * factor };
    });
    const { summary } = built(buildDataset(requestOf(columnsOf(rising), WINDOW_BARS)));
    expect(summary.thresholds.sell).toBe(0);
    expect(summary.adjustedThresholds).toEqual(['sell']);
    expect(summary.classMeanReturns.every(Number.isFinite)).toBe(true);
  });
});

describe('features that are taken of others', () => {
  it('leave the rows and their hash as all of them would have it', () => {
    const first = barIndex(CANDLES[0]?.openTime ?? 0, '1h');
    const young = columnsOf(CANDLES.slice(0, 700), first);
    // The second is missing until its window is filled.
    const request = {
      ...requestOf(young, 700),
      candidateFeatures: ['log_return_1', 'log_return_24'],
    };
    const all = built(buildDataset(request));
    const taken = built(buildDataset({ ...request, takenFeatures: ['log_return_1'] }));
    const alone = built(buildDataset({ ...request, candidateFeatures: ['log_return_1'] }));
    expect(taken.summary.names).toEqual(['log_return_1']);
    expect(taken.table.values).toHaveLength(taken.table.rows);
    expect(taken.table.openTimes).toEqual(all.table.openTimes);
    expect(hashRows(taken.table, taken.summary)).toBe(hashRows(all.table, all.summary));
    expect(alone.table.rows).toBeGreaterThan(all.table.rows);
    expect(hashRows(alone.table, alone.summary)).not.toBe(hashRows(all.table, all.summary));
  });
});

describe('a dataset of windows', () => {
  const WINDOW_ROWS = 48;
  const series = columnsOf(CANDLES);
  const plain = built(buildDataset(requestOf(series, WINDOW_BARS)));
  const windowed = built(
    buildDataset({ ...requestOf(series, WINDOW_BARS), windowRows: WINDOW_ROWS }),
  );

  it('has the same rows, of which the first have no label', () => {
    expect(windowed.table.openTimes).toEqual(plain.table.openTimes);
    expect(windowed.table.values).toEqual(plain.table.values);
    expect(windowed.summary.split).toEqual(plain.summary.split);
    const labels = [...windowed.table.labels];
    expect(labels.slice(0, WINDOW_ROWS - 1)).toEqual(Array(WINDOW_ROWS - 1).fill(-1));
    expect(labels.slice(WINDOW_ROWS - 1)).toEqual([...plain.table.labels.slice(WINDOW_ROWS - 1)]);
  });

  it('counts and averages the labelled rows alone', () => {
    const { classDistribution, trainCounts, classMeanReturns } = windowed.summary;
    const sum = (counts: readonly number[]): number => counts.reduce((all, one) => all + one, 0);
    expect(sum(classDistribution)).toBe(windowed.summary.samples - (WINDOW_ROWS - 1));
    expect(sum(trainCounts)).toBe(rowCount(windowed.summary.split.train) - (WINDOW_ROWS - 1));
    expect(classMeanReturns.every(Number.isFinite)).toBe(true);
  });

  it('gives no label to a row whose window would reach across missing bars', () => {
    const cut = CANDLES.length - WINDOW_BARS / 2;
    // Thirteen bars in which nothing traded: one more than a window of 48 rows may skip.
    const candles = CANDLES.filter((_, at) => at < cut || at >= cut + 13);
    const request = { ...requestOf(columnsOf(candles), WINDOW_BARS), windowRows: WINDOW_ROWS };
    const { table } = built(buildDataset(request));
    const resumed = CANDLES[cut + 13]?.openTime;
    const after = table.openTimes.findIndex((openTime) => openTime === resumed);
    expect(after).toBeGreaterThan(WINDOW_ROWS);
    const labels = [...table.labels];
    expect(labels[after - 1]).not.toBe(-1);
    expect(labels.slice(after, after + WINDOW_ROWS - 1)).toEqual(Array(WINDOW_ROWS - 1).fill(-1));
    expect(labels[after + WINDOW_ROWS - 1]).not.toBe(-1);
  });

  it('says that windows are too few, where there would be enough rows', () => {
    const fillers = new Set(
      CANDLES.filter((_, at) => at % 3 === 0).map(({ openTime }) => openTime),
    );
    const candles = CANDLES.filter(({ openTime }) => !fillers.has(openTime));
    const request = requestOf(columnsOf(candles), WINDOW_BARS);
    expect(buildDataset(request).status).toBe('built');
    const dataset = buildDataset({ ...request, windowRows: WINDOW_ROWS });
    expect(dataset).toEqual({
      status: 'too_few_rows',
      reason: '0 rows with a window of 48 in the train part, 100 are needed',
    });
  });
});
