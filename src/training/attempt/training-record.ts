import { findBot } from '../../domain/bots.js';
import type { ModelRecord } from '../../domain/model-record.js';
import { timeframeMs } from '../../domain/timeframe.js';
import type { TrainingEvidence, TrainingJob } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import { newUid } from '../../lib/uid.js';
import type { PreparedData } from '../dataset/prepare-data.js';
import type { Candidate } from './train-model.js';
import { lossesOf } from '../trainer-process/trainer-manifest.js';
import type { TrainingOptions } from '../options/training-options.js';
import { horizonBarsOf } from '../preparation/prepare-request.js';
import { paramsOf } from './trainer-order.js';
import { trainingPeriodText, windowBars } from '../dataset/training-window.js';

export interface RecordContext {
  readonly job: TrainingJob;
  readonly clock: Clock;
  readonly options: TrainingOptions;
  /** Chosen once an attempt: storing the result again finds the first record by it. */
  readonly modelUid: string;
  /** Wall time at which the attempt began. */
  readonly startedAt: number;
}

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly prepared: PreparedData | undefined;
}

/** The record of a judged model, before it serves. */
export function recordOfCandidate(context: RecordContext, candidate: Candidate): ModelRecord {
  const { prepared, trained, verdict, plan, increment, basis } = candidate;
  const { manifest } = trained;
  const { isPromoted } = verdict;
  const bare = bareRecord(context, prepared);
  const losses = lossesOf(manifest);
  return {
    ...bare,
    parentUid:
      increment?.parent.record.uid ??
      (basis.status === 'residual' ? basis.baseModel.uid : undefined),
    trainingPeriod:
      increment === undefined
        ? bare.trainingPeriod
        : trainingPeriodText(rowsSpan(prepared, bare), bare.timeframe),
    stage: isPromoted ? 'candidate' : 'rejected',
    status: isPromoted ? 'active' : 'archived',
    epochs: manifest.epochs,
    trainingLoss: losses.train,
    validationLoss: losses.validation,
    testScore: candidate.judgement.score,
    verdict,
    modelPath: isPromoted ? candidate.modelPath : undefined,
    modelSizeMb: candidate.modelSizeMb,
    manifestSha256: isPromoted ? candidate.manifestSha256 : undefined,
    featureHash: candidate.featureHash,
    features: manifest.features,
    classWeights: candidate.classWeights,
    selectedAt: plan.selectedAt,
    config: configOf(context, candidate),
  };
}

/** Bars from the first row to the newest candle that a label has seen. */
function rowsSpan({ dataFrom, dataEnd }: PreparedData, { timeframe }: ModelRecord): number {
  return Math.round((dataEnd - dataFrom) / timeframeMs(timeframe));
}

/** The record of an attempt that brought no model. */
export function recordOfFailure(context: RecordContext, failure: Failure): ModelRecord {
  const errorMessage = `${failure.code}: ${failure.message}`;
  return { ...bareRecord(context, failure.prepared), status: 'failed', errorMessage };
}

/** Fields that every attempt has; `prepared` is undefined where the preparation failed. */
function bareRecord(context: RecordContext, prepared: PreparedData | undefined): ModelRecord {
  const { job, clock, options, startedAt } = context;
  const { venue, symbol, timeframe, bot } = job;
  return {
    venue,
    symbol,
    timeframe,
    bot,
    uid: context.modelUid,
    jobUid: job.uid,
    parentUid: undefined,
    stage: 'candidate',
    status: 'active',
    trainedAt: clock.marketMs(),
    trainingDurationSec: (clock.wallMs() - startedAt) / 1000,
    dataPointsUsed: prepared?.samples ?? 0,
    trainingPeriod: trainingPeriodText(windowBars(timeframe, options), timeframe),
    epochs: undefined,
    trainingLoss: undefined,
    validationLoss: undefined,
    testScore: undefined,
    verdict: undefined,
    modelPath: undefined,
    modelSizeMb: undefined,
    manifestSha256: undefined,
    featureHash: undefined,
    catalogueHash: prepared?.catalogueHash,
    features: [],
    referenceSymbol: prepared === undefined ? options.referenceSymbol : prepared.referenceSymbol,
    horizonBars: horizonBarsOf(context),
    thresholds: prepared?.thresholds,
    classMeanReturns: prepared?.classMeanReturns,
    classWeights: undefined,
    classDistribution: prepared?.classDistribution,
    sanitization: prepared?.sanitization,
    selectedAt: undefined,
    dataEnd: prepared?.dataEnd,
    errorMessage: undefined,
    config: { params: paramsOf(context), seed: options.trainSeed },
  };
}

function configOf(context: RecordContext, candidate: Candidate): ModelRecord['config'] {
  const { prepared, trained, judgement, plan, params, increment } = candidate;
  const { manifest } = trained;
  return {
    mode: increment === undefined ? 'full' : 'incremental',
    increments: increment === undefined ? 0 : increment.parent.increments + 1,
    judgedEnd: judgedEndOf(candidate),
    parent: judgement.parent,
    params,
    pooling: describeBasis(candidate.basis),
    seed: context.options.trainSeed,
    treeCount: manifest.tree_count,
    windowRows: manifest.window_rows,
    device: manifest.device,
    selectedBy: plan.chosenBy,
    selection: manifest.selection,
    importance: manifest.importance,
    calibration: judgement.calibration,
    aucInterval: judgement.aucInterval,
    adjustedThresholds: prepared.adjustedThresholds,
    items: prepared.global?.items,
    split: prepared.split,
    judgedWindow: { from: prepared.dataFrom, to: prepared.trainEnd },
    servedWindow: { from: prepared.dataFrom, to: prepared.dataEnd },
    parity: { judged: judgement.judgedParity, served: judgement.refittedParity },
    champion: judgement.champion,
    latencyMs: judgement.latencyMs,
    peakRssMb: trained.peakRssMb,
    durationsMs: manifest.durations_ms,
    libraryVersions: manifest.library_versions,
  };
}

function describeBasis(basis: Candidate['basis']): Readonly<Record<string, unknown>> {
  if (basis.status === 'plain') return basis;
  const { uid, members, cutAt, dataEnd } = basis.baseModel;
  return { status: 'residual', pool: uid, instruments: members.length, cutAt, dataEnd };
}

/** Close time of the newest candle that influenced the judged model, the base model's candles included. */
function judgedEndOf({ prepared, basis }: Candidate): number {
  const cutAt = basis.status === 'residual' ? (basis.baseModel.cutAt ?? 0) : 0;
  return Math.max(prepared.judgedEnd, cutAt);
}

/** The permanent evidence of an attempt: data, versions, seed and result. */
export function evidenceOf(
  context: RecordContext,
  record: ModelRecord,
  found: { readonly candidate?: Candidate; readonly prepared: PreparedData | undefined },
): TrainingEvidence {
  const { job, clock, options, startedAt } = context;
  const { candidate, prepared } = found;
  const versions = candidate?.trained.manifest.library_versions ?? {};
  return {
    uid: newUid(clock.wallMs()),
    jobUid: job.uid,
    modelUid: record.uid,
    modelName: job.bot,
    modelVersion: versions[findBot(job.bot)?.library ?? job.bot],
    device: candidate?.trained.manifest.device ?? 'cpu',
    processingTimeMs: clock.wallMs() - startedAt,
    artifactSha256: candidate?.trained.manifest.files['model.onnx']?.sha256,
    embeddingChecksum: undefined,
    dataFrom: prepared?.dataFrom,
    dataTo: prepared?.dataEnd,
    dataHash: prepared?.dataSha256,
    libraryVersions: versions,
    seed: options.trainSeed,
    error: record.errorMessage,
    createdAt: clock.wallMs(),
  };
}
