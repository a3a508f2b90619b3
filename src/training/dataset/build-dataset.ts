import { BarState, type CandleColumns } from '../../domain/candle-columns.js';
import type { LabelThresholds, SanitizationRecord } from '../../domain/model-record.js';
import { barIndex, barOpenTime } from '../../domain/timeframe.js';
import { computeFeatureMatrix, type FeatureMatrix } from '../../features/feature-matrix.js';
import { forwardLogReturns, labelOf, tercileThresholds } from '../../features/labels.js';
import { CANDIDATE_FEATURES } from '../../features/catalogue.js';
import { haveWindows } from '../../features/row-window.js';
import { keepAllFeatures, sanitize, type Sanitization } from '../../features/sanitize.js';
import {
  countClasses,
  meanReturns,
  NO_LABEL,
  type Dataset,
  type DatasetSummary,
} from './dataset-summary.js';
import { splitBefore, splitRows, type Split } from './split.js';

/** Least rows of each part: to fit, to stop early, to judge. */
const MIN_PART_ROWS = { train: 100, validation: 20, test: 20 } as const;

export interface DatasetRequest {
  readonly series: CandleColumns;
  /** The very same object as `series` for the reference symbol itself; undefined for none. */
  readonly reference: CandleColumns | undefined;
  /** Bars [fromIndex, toIndex) of the training window. */
  readonly fromIndex: number;
  readonly toIndex: number;
  readonly horizonBars: number;
  readonly embargoBars: number;
  readonly trainFraction: number;
  readonly validationFraction: number;
  /** Real closed candles with usable rows that training asks for. */
  readonly minSamples: number;
  readonly candidateFeatures: readonly string[] | undefined;
  /** Features that are written, where the rows are chosen by other ones: those of `candidateFeatures`. */
  readonly takenFeatures?: readonly string[] | undefined;
  /** Of a continued model: features, thresholds and class returns stay as they were learnt. */
  readonly learnt?: Learnt | undefined;
  /** Close time of the newest candle that the base model has seen; the test part begins after it. */
  readonly seenUntil?: number | undefined;
  /** Returns beyond which a regressor's move pays for a round trip. Terciles where undefined. */
  readonly thresholds?: LabelThresholds | undefined;
  /** Keeps constant features and copies: members of a pool need the same columns. */
  readonly keepConstantFeatures?: boolean | undefined;
  /** Rows that the bot reads to answer for the last of them; a row that lacks those before it gets no label. */
  readonly windowRows?: number | undefined;
}

/** Of a model that is continued. */
export interface Learnt {
  /** Names of its features. */
  readonly features: readonly string[];
  readonly thresholds: LabelThresholds;
  readonly classMeanReturns: readonly [number, number, number];
  /** Close time of the newest candle that its judged model has seen; the test part begins after it. */
  readonly judgedEnd: number;
}

/**
 * Lays out features and labels of one series. What is learnt from data here, thresholds and which
 * features to drop, is learnt from the training split alone.
 */
export function buildDataset(request: DatasetRequest): Dataset {
  const { series, reference, fromIndex, toIndex, keepConstantFeatures, learnt } = request;
  const { candidateFeatures = CANDIDATE_FEATURES, takenFeatures } = request;
  const compute = (features: readonly string[]): FeatureMatrix =>
    computeFeatureMatrix({ series, reference, fromIndex, toIndex, features });
  const matrix = compute(learnt?.features ?? candidateFeatures);
  const real = realRows(matrix, series);
  const usable = real.filter((row) => matrix.isUsable[row] === 1);
  if (usable.length < request.minSamples) {
    return tooFew(`${usable.length} of ${request.minSamples} usable candles`);
  }
  const returns = returnsOfRows(request, matrix);
  const labelled = usable.filter((row) => Number.isFinite(returns[row]));
  const first = splitBars(labelled, matrix, request);
  const trainingRange = { from: labelled[0] ?? 0, to: (labelled[first.train.to - 1] ?? -1) + 1 };
  const clean = (of: FeatureMatrix): Sanitization =>
    learnt === undefined
      ? sanitize(of, { ...trainingRange, keepConstantFeatures })
      : keepAllFeatures(of);
  const byRows = clean(matrix);
  const taken = takenFeatures === undefined ? matrix : compute(takenFeatures);
  const sanitization = taken === matrix ? byRows : clean(taken);
  const rows = labelled.filter(
    (row) => byRows.isRowKept[row] === 1 && sanitization.isRowKept[row] === 1,
  );
  const split = splitBars(rows, matrix, request);
  const windowRows = request.windowRows ?? 1;
  const isExample = haveWindows(barsOf(rows, matrix), windowRows);
  const shortage = findShortage(split, sanitization, { isExample, windowRows });
  if (shortage !== undefined) return tooFew(shortage);
  return layOut({
    request,
    matrix: taken,
    sanitization,
    rows,
    isExample,
    split,
    returns,
    rawSamples: real.length,
  });
}

function tooFew(reason: string): Dataset {
  return { status: 'too_few_rows', reason };
}

/** Rows of bars that the venue really had; fillers are no examples of a market. */
function realRows(matrix: FeatureMatrix, series: CandleColumns): readonly number[] {
  const rows: number[] = [];
  for (let row = 0; row < matrix.rows; row++) {
    const position = matrix.firstIndex + row - series.firstIndex;
    if (series.state[position] === BarState.stored) rows.push(row);
  }
  return rows;
}

/** Forward returns by row of the matrix. */
function returnsOfRows(
  { series, horizonBars }: DatasetRequest,
  matrix: FeatureMatrix,
): Float64Array {
  const ofBars = forwardLogReturns(series, horizonBars);
  const offset = matrix.firstIndex - series.firstIndex;
  return Float64Array.from({ length: matrix.rows }, (_, row) => ofBars[row + offset] ?? NaN);
}

function splitBars(rows: readonly number[], matrix: FeatureMatrix, request: DatasetRequest): Split {
  const bars = barsOf(rows, matrix);
  const { learnt, series, seenUntil = learnt?.judgedEnd } = request;
  if (seenUntil === undefined) return splitRows(bars, request);
  const firstUnseen = barIndex(seenUntil, series.timeframe) + request.embargoBars;
  return splitBefore(bars, firstUnseen, request);
}

function barsOf(rows: readonly number[], matrix: FeatureMatrix): readonly number[] {
  return rows.map((row) => matrix.firstIndex + row);
}

function findShortage(
  split: Split,
  { finalFeatures }: Sanitization,
  { isExample, windowRows }: { readonly isExample: Uint8Array; readonly windowRows: number },
): string | undefined {
  if (finalFeatures === 0) return 'no feature is left after sanitising';
  const kind = windowRows === 1 ? 'rows' : `rows with a window of ${windowRows}`;
  for (const part of ['train', 'validation', 'test'] as const) {
    const { from, to } = split[part];
    const rows = isExample.subarray(from, to).reduce((sum, is) => sum + is, 0);
    if (rows < MIN_PART_ROWS[part]) {
      return `${rows} ${kind} in the ${part} part, ${MIN_PART_ROWS[part]} are needed`;
    }
  }
  return undefined;
}

interface Parts {
  readonly request: DatasetRequest;
  readonly matrix: FeatureMatrix;
  readonly sanitization: Sanitization;
  /** Rows of the matrix that make up the dataset. */
  readonly rows: readonly number[];
  /** 1 for those that have a label; the others are only part of windows. */
  readonly isExample: Uint8Array;
  readonly split: Split;
  readonly returns: Float64Array;
  readonly rawSamples: number;
}

function layOut(parts: Parts): Dataset {
  const { request, matrix, sanitization, rows, isExample, split, rawSamples } = parts;
  const { timeframe } = request.series;
  const returns = Float64Array.from(rows, (row) => parts.returns[row] ?? NaN);
  const inTraining = returns.subarray(split.train.from, split.train.to);
  const given = request.learnt?.thresholds ?? request.thresholds;
  const { adjusted, ...thresholds } =
    given === undefined ? tercileThresholds(inTraining.slice()) : { ...given, adjusted: [] };
  const labels = Int32Array.from(returns, (value, at) =>
    isExample[at] === 1 ? (labelOf(value, { ...thresholds, adjusted }) ?? NO_LABEL) : NO_LABEL,
  );
  const openTimes = Float64Array.from(rows, (row) =>
    barOpenTime(matrix.firstIndex + row, timeframe),
  );
  const trainLabels = labels.subarray(split.train.from, split.train.to);
  const closeAfter = (row: number): number =>
    barOpenTime(matrix.firstIndex + row + request.horizonBars + 1, timeframe);
  const summary: DatasetSummary = {
    rawFeatures: matrix.names.length,
    rawSamples,
    samples: rows.length,
    names: sanitization.kept,
    sanitization: toRecord(sanitization),
    split,
    thresholds,
    adjustedThresholds: adjusted,
    classDistribution: countClasses(labels),
    trainCounts: countClasses(trainLabels),
    classMeanReturns: request.learnt?.classMeanReturns ?? meanReturns(inTraining, trainLabels),
    dataFrom: openTimes[0] ?? 0,
    cuts: {
      trainTo: openTimes[split.train.to - 1] ?? 0,
      validationFrom: openTimes[split.validation.from] ?? 0,
      validationTo: openTimes[split.validation.to - 1] ?? 0,
      testFrom: openTimes[split.test.from] ?? 0,
    },
    trainEnd: closeAfter(rows[split.train.to - 1] ?? 0),
    judgedEnd: closeAfter(rows[split.validation.to - 1] ?? 0),
    dataEnd: closeAfter(rows.at(-1) ?? 0),
  };
  const forwardReturns = Float32Array.from(returns);
  const values = gather(matrix, sanitization.keptColumns, rows);
  const table = {
    names: summary.names,
    rows: rows.length,
    values,
    labels,
    forwardReturns,
    openTimes,
  };
  return { status: 'built', summary, table };
}

/** Copies the kept columns of the kept rows, column by column. */
function gather(
  matrix: FeatureMatrix,
  columns: readonly number[],
  rows: readonly number[],
): Float32Array {
  const values = new Float32Array(columns.length * rows.length);
  columns.forEach((column, position) => {
    const source = column * matrix.rows;
    const target = position * rows.length;
    rows.forEach((row, at) => (values[target + at] = matrix.values[source + row] ?? NaN));
  });
  return values;
}

function toRecord({ initialFeatures, finalFeatures, dropped }: Sanitization): SanitizationRecord {
  return { initialFeatures, finalFeatures, dropped };
}
