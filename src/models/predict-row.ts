import { performance } from 'node:perf_hooks';
import type { CandleColumns } from '../domain/candle-columns.js';
import { computeFeatureRow, type createFeatureWorkspace } from '../features/feature-matrix.js';
import { encodeAttributes, type Attributes } from '../features/items/attribute-codes.js';
import { ITEM_PRICE_FEATURES, writeItemRow } from '../features/items/item-row.js';
import { dailySequence, itemReachMs, ownSequence } from '../features/items/item-sequence.js';
import { noveltyShare } from '../features/novelty.js';
import { messageOf } from '../lib/errors.js';
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

export interface RowRequest {
  readonly model: ModelSpecification;
  readonly series: CandleColumns;
  readonly reference: CandleColumns | undefined;
  readonly attributes?: Attributes | undefined;
  readonly index: number;
  readonly workspace: ReturnType<typeof createFeatureWorkspace>;
}

/** Computes the candle's feature row and runs the model, unless the row is unusable or novel. */
export async function predictRow(
  request: RowRequest,
  session: OnnxSession,
): Promise<PredictionOutcome> {
  const row =
    request.model.items === undefined
      ? computeValues(request)
      : computeItem(request, request.model.items);
  if (row.status === 'unavailable') return row;
  const { model } = request;
  const share = noveltyShare(row.values, model.featureRanges);
  if (share > MAX_NOVEL_SHARE) {
    const percent = (100 * share).toFixed(1);
    return unavailable('novel', `${percent} % of the features lie outside their training range`);
  }
  const startedAt = performance.now();
  const raw = await session.run(row.values, 1);
  const latencyUs = Math.round((performance.now() - startedAt) * 1000);
  return {
    status: 'predicted',
    ...readAnswer(model, raw),
    latencyUs,
    featureHash: model.featureHash,
  };
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

/** The row of a model over many instruments. */
function computeItem(
  { index, series, attributes = {} }: RowRequest,
  { codes, isOwnSequence }: ItemReading,
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
function computeValues(request: RowRequest): RowValues {
  const { index, model, reference, series, workspace } = request;
  const features = model.features;
  try {
    const row = computeFeatureRow({ series, reference, index, features, workspace });
    if (!row.isUsable)
      return unavailable('features_missing', 'history before the candle is not complete');
    const missing = features.filter((_, position) => !Number.isFinite(row.values[position]));
    if (missing.length === 0) return { status: 'complete', values: row.values };
    const cause = row.isReferenceMissing
      ? `${model.referenceSymbol ?? 'reference'} has no candle: `
      : '';
    const names = missing.slice(0, MAX_NAMED_FEATURES).join(', ');
    return unavailable('features_missing', `${cause}${missing.length} features missing: ${names}`);
  } catch (error) {
    return unavailable('features_changed', messageOf(error));
  }
}
