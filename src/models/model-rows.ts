import { BarState, type CandleColumns } from '../domain/candle-columns.js';
import {
  computeFeatureMatrix,
  type createFeatureWorkspace,
  type FeatureMatrix,
} from '../features/feature-matrix.js';
import { encodeAttributes, type Attributes } from '../features/items/attribute-codes.js';
import { ITEM_PRICE_FEATURES, writeItemRow } from '../features/items/item-row.js';
import { dailySequence, itemReachMs, ownSequence } from '../features/items/item-sequence.js';
import { noveltyShare } from '../features/novelty.js';
import { windowReachBars } from '../features/row-window.js';
import { messageOf } from '../lib/errors.js';
import { unavailable, type Unavailable } from './predictor-protocol.js';
import type { ItemReading, ModelSpecification } from './serving-model.js';

/** A row is novel when more than this share of its features lies outside their training ranges. */
const MAX_NOVEL_SHARE = 0.05;

/** How many missing features a message names. */
const MAX_NAMED_FEATURES = 5;

export interface RowsRequest {
  readonly model: ModelSpecification;
  readonly series: CandleColumns;
  readonly reference: CandleColumns | undefined;
  readonly attributes?: Attributes | undefined;
  /** Numbers of the bars [fromIndex, toIndex) to predict from. */
  readonly fromIndex: number;
  readonly toIndex: number;
  readonly workspace: ReturnType<typeof createFeatureWorkspace>;
}

/** What a model reads to answer for a bar, or why it cannot. */
export type RowValues =
  { readonly status: 'complete'; readonly values: Float32Array } | Unavailable;

/** The row of each bar. Only finite values ever reach a model, and none that are novel. */
export function computeRows(request: RowsRequest): readonly RowValues[] {
  const { model } = request;
  const rows =
    model.items === undefined ? computeValues(request) : computeItems(request, model.items);
  return rows.map((row) => refuseNovel(row, model));
}

/**
 * The window of rows of each bar, one after the other: together they may be many times as large as the rows. The
 * rows before the bar's own need not be familiar, because the model answers for the last one.
 */
export function* computeWindows(request: RowsRequest): Generator<RowValues> {
  const { model, fromIndex } = request;
  const reach = windowReachBars(model.windowRows);
  const rows = computeValues({ ...request, fromIndex: fromIndex - reach });
  for (let at = reach; at < rows.length; at++) yield joinWindow(rows, at, request);
}

function joinWindow(
  rows: readonly RowValues[],
  at: number,
  { model, series, fromIndex }: RowsRequest,
): RowValues {
  const own = refuseNovel(rowAt(rows, at), model);
  if (own.status === 'unavailable') return own;
  const { windowRows } = model;
  const reach = windowReachBars(windowRows);
  const width = own.values.length;
  const values = new Float32Array(windowRows * width);
  let missing = windowRows;
  for (let back = at; back >= at - reach && missing > 0; back--) {
    const row = rowAt(rows, back);
    const bar = fromIndex - reach + back;
    // A bar in which nothing traded is no example, so that training skips it as well.
    const isTraded = series.state[bar - series.firstIndex] === BarState.stored;
    if (row.status === 'unavailable' || (back !== at && !isTraded)) continue;
    missing -= 1;
    values.set(row.values, missing * width);
  }
  if (missing === 0) return { status: 'complete', values };
  return unavailable(
    'features_missing',
    `${windowRows - missing} of the last ${reach + 1} bars have their features, ${windowRows} are needed`,
  );
}

function rowAt(rows: readonly RowValues[], at: number): RowValues {
  return rows[at] ?? unavailable('features_missing', 'history before the candle is not complete');
}

function refuseNovel(row: RowValues, { featureRanges }: ModelSpecification): RowValues {
  if (row.status === 'unavailable') return row;
  const share = noveltyShare(row.values, featureRanges);
  if (share <= MAX_NOVEL_SHARE) return row;
  const percent = (100 * share).toFixed(1);
  return unavailable('novel', `${percent} % of the features lie outside their training range`);
}

/** The rows of a model over many instruments. */
function computeItems(request: RowsRequest, items: ItemReading): readonly RowValues[] {
  const { fromIndex, toIndex } = request;
  const indexes = Array.from({ length: toIndex - fromIndex }, (_, at) => fromIndex + at);
  return indexes.map((index) => computeItem(request, items, index));
}

function computeItem(
  { series, attributes = {} }: RowsRequest,
  { codes, isOwnSequence }: ItemReading,
  index: number,
): RowValues {
  const sequence = (isOwnSequence ? ownSequence : dailySequence)(series, index);
  const values = new Float32Array(ITEM_PRICE_FEATURES.length + codes.length);
  const reachMs = itemReachMs(series.timeframe);
  if (!writeItemRow(sequence, sequence.openTimes.length - 1, { reachMs, row: values })) {
    return unavailable('features_missing', `${sequence.openTimes.length} entries are too few`);
  }
  values.set(encodeAttributes(codes, attributes), ITEM_PRICE_FEATURES.length);
  return { status: 'complete', values };
}

function computeValues(request: RowsRequest): readonly RowValues[] {
  const { fromIndex, toIndex, model, reference, series, workspace } = request;
  const { features } = model;
  try {
    const matrix = computeFeatureMatrix({
      series,
      reference,
      fromIndex,
      toIndex,
      features,
      workspace,
    });
    return Array.from({ length: matrix.rows }, (_, row) => rowOf(matrix, row, model));
  } catch (error) {
    const change = unavailable('features_changed', messageOf(error));
    return Array.from({ length: toIndex - fromIndex }, () => change);
  }
}

function rowOf(matrix: FeatureMatrix, row: number, model: ModelSpecification): RowValues {
  const { features } = model;
  if (matrix.isUsable[row] !== 1) {
    return unavailable('features_missing', 'history before the candle is not complete');
  }
  const values = Float32Array.from(
    features,
    (_, column) => matrix.values[column * matrix.rows + row] ?? NaN,
  );
  const missing = features.filter((_, column) => !Number.isFinite(values[column]));
  if (missing.length === 0) return { status: 'complete', values };
  const cause =
    matrix.isReferenceMissing[row] === 1
      ? `${model.referenceSymbol ?? 'reference'} has no candle: `
      : '';
  const names = missing.slice(0, MAX_NAMED_FEATURES).join(', ');
  return unavailable('features_missing', `${cause}${missing.length} features missing: ${names}`);
}
