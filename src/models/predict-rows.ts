import { performance } from 'node:perf_hooks';
import type { CandleColumns } from '../domain/candle-columns.js';
import {
  computeFeatureMatrix,
  type createFeatureWorkspace,
  type FeatureMatrix,
} from '../features/feature-matrix.js';
import { encodeAttributes, type Attributes } from '../features/items/attribute-codes.js';
import { ITEM_PRICE_FEATURES, writeItemRow } from '../features/items/item-row.js';
import { dailySequence, itemReachMs, ownSequence } from '../features/items/item-sequence.js';
import { noveltyShare } from '../features/novelty.js';
import { messageOf } from '../lib/errors.js';
import { assertDefined } from '../lib/invariant.js';
import type { Probabilities } from '../domain/signal.js';
import { expectedReturn, toUnweightedProbabilities } from './class-probabilities.js';
import type { OnnxSession } from './onnx-session.js';
import { unavailable, type PredictionOutcome, type Unavailable } from './predictor-protocol.js';
import { returnProbabilities } from './return-probabilities.js';
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

/**
 * Computes the feature rows of consecutive bars and runs the model over those that are usable and not novel, all at
 * once. A bar is answered the same whichever bars are asked about with it.
 *
 * @returns an outcome for each bar, in their order
 */
export async function predictRows(
  request: RowsRequest,
  session: OnnxSession,
): Promise<readonly PredictionOutcome[]> {
  const { model } = request;
  const rows = (
    model.items === undefined ? computeValues(request) : computeItems(request, model.items)
  ).map((row) => refuseNovel(row, model));
  const complete = rows.filter((row) => row.status === 'complete');
  if (complete.length === 0) return rows.filter((row) => row.status === 'unavailable');
  const width = complete[0]?.values.length ?? 0;
  const values = new Float32Array(complete.length * width);
  complete.forEach((row, at) => values.set(row.values, at * width));
  const startedAt = performance.now();
  const raw = await session.run(values, complete.length);
  const latencyUs = Math.round(((performance.now() - startedAt) * 1000) / complete.length);
  const answerWidth = raw.length / complete.length;
  let at = 0;
  return rows.map((row): PredictionOutcome => {
    if (row.status === 'unavailable') return row;
    const answer = readAnswer(model, raw.subarray(at * answerWidth, (at + 1) * answerWidth));
    at += 1;
    const { probabilities, expectedReturn: expected } = answer;
    const { featureHash } = model;
    return { status: 'predicted', probabilities, expectedReturn: expected, latencyUs, featureHash };
  });
}

/** The same for one bar. */
export async function predictRow(
  { index, ...request }: Omit<RowsRequest, 'fromIndex' | 'toIndex'> & { readonly index: number },
  session: OnnxSession,
): Promise<PredictionOutcome> {
  const [outcome] = await predictRows(
    { ...request, fromIndex: index, toIndex: index + 1 },
    session,
  );
  return assertDefined(outcome, `outcome of bar ${index}`);
}

function refuseNovel(row: RowValues, { featureRanges }: ModelSpecification): RowValues {
  if (row.status === 'unavailable') return row;
  const share = noveltyShare(row.values, featureRanges);
  if (share <= MAX_NOVEL_SHARE) return row;
  const percent = (100 * share).toFixed(1);
  return unavailable('novel', `${percent} % of the features lie outside their training range`);
}

/** @throws RangeError when these are no probabilities, or no return */
function readAnswer(
  { task, classWeights, classMeanReturns, returnScale }: ModelSpecification,
  raw: Float32Array,
): { readonly probabilities: Probabilities; readonly expectedReturn: number } {
  if (task === 'classifier' || returnScale === undefined) {
    const probabilities = toUnweightedProbabilities(raw, classWeights);
    return { probabilities, expectedReturn: expectedReturn(probabilities, classMeanReturns) };
  }
  const value = raw[0] ?? NaN;
  if (!Number.isFinite(value)) throw new RangeError(`${value} is no return`);
  return { probabilities: returnProbabilities(value, returnScale), expectedReturn: value };
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

type RowValues = { readonly status: 'complete'; readonly values: Float32Array } | Unavailable;

/** Only finite values ever reach a model. */
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
