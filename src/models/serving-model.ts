import { isFileVenue } from '../domain/market.js';
import { taskOf, type Task } from '../domain/bots.js';
import type { ModelKey } from '../domain/model-key.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { AttributeCode, Attributes } from '../features/items/attribute-codes.js';
import type { FeatureRanges } from '../features/novelty.js';
import { RejectedError } from '../lib/errors.js';
import { openModelArtifact } from './model-artifact.js';
import type { ReturnScale } from './return-probabilities.js';
import type { FileReference } from './verified-file.js';

/** What the worker needs to know of a model. Sent once; later calls name the model by its uid. */
export interface ModelSpecification {
  readonly modelUid: string;
  readonly task: Task;
  /** Rows that it reads to answer for the last of them. */
  readonly windowRows: number;
  readonly onnx: FileReference;
  readonly maxFileBytes: number;
  /** Names in the order of the model's columns. */
  readonly features: readonly string[];
  readonly featureRanges: FeatureRanges;
  readonly featureHash: string;
  readonly referenceSymbol: string | undefined;
  readonly classWeights: readonly [number, number, number] | undefined;
  readonly classMeanReturns: readonly [number, number, number];
  /** Of a regressor: how far it errs, and from where on a return pays for the round trip. */
  readonly returnScale: ReturnScale | undefined;
  /** Of a model over many instruments, which reads daily entries instead of bars. */
  readonly items: ItemReading | undefined;
}

export interface ItemReading {
  readonly codes: readonly AttributeCode[];
  /** Priced now and then, instead of one entry a day. */
  readonly isOwnSequence: boolean;
}

/** A model whose record and manifest agree, ready to be handed to the predictor. */
export interface ServingModel {
  readonly key: ModelKey;
  readonly record: ModelRecord;
  readonly specification: ModelSpecification;
  /** Of the instrument that a global model is asked about. */
  readonly attributes?: Attributes | undefined;
}

export interface ServingModelRequest {
  readonly record: ModelRecord;
  readonly modelsDir: string;
  readonly maxFileBytes: number;
}

/**
 * Reads a record's artefact and holds it against the record. The ONNX file itself is read and verified
 * by the worker that runs it.
 *
 * @throws RejectedError naming the file or field and what is wrong with it
 */
export async function openServingModel(request: ServingModelRequest): Promise<ServingModel> {
  const { record, maxFileBytes, modelsDir } = request;
  const artifact = await openModelArtifact({
    modelsDir,
    maxFileBytes,
    modelPath: required(record.modelPath, record, 'modelPath'),
    manifestSha256: required(record.manifestSha256, record, 'manifestSha256'),
  });
  const { manifest, onnx } = artifact;
  if (manifest.features.join('\n') !== record.features.join('\n')) {
    throw new RejectedError(
      `Model ${record.uid}: manifest.json has other features than the record`,
    );
  }
  const { venue, symbol, timeframe, bot } = record;
  const task = taskOf(bot);
  if (manifest.task !== task) {
    throw new RejectedError(`Model ${record.uid}: manifest.json states a ${manifest.task}`);
  }
  const specification: ModelSpecification = {
    modelUid: record.uid,
    task,
    windowRows: manifest.window_rows,
    onnx,
    maxFileBytes,
    features: record.features,
    featureRanges: toRanges(manifest.feature_ranges),
    featureHash: required(record.featureHash, record, 'featureHash'),
    referenceSymbol: record.referenceSymbol,
    classWeights: record.classWeights,
    classMeanReturns: required(record.classMeanReturns, record, 'classMeanReturns'),
    returnScale: task === 'regressor' ? returnScaleOf(record) : undefined,
    items:
      manifest.model.attribute_codes === undefined
        ? undefined
        : { codes: manifest.model.attribute_codes, isOwnSequence: isFileVenue(venue) },
  };
  return { key: { venue, symbol, timeframe, bot }, record, specification };
}

/** The served model is refitted: its error is taken to be that of the judged one on its test rows. */
function returnScaleOf(record: ModelRecord): ReturnScale {
  const { rmse } = required(record.testScore?.regression, record, 'test_rmse');
  return { rmse, thresholds: required(record.thresholds, record, 'thresholds') };
}

function toRanges(pairs: readonly (readonly [number, number])[]): FeatureRanges {
  return {
    lowest: Float32Array.from(pairs, ([lowest]) => lowest),
    highest: Float32Array.from(pairs, ([, highest]) => highest),
  };
}

function required<T>(value: T | undefined, record: ModelRecord, field: string): T {
  if (value === undefined)
    throw new RejectedError(`Model ${record.uid}: the record has no ${field}`);
  return value;
}
