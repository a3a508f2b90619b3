import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { ModelRecord } from '../../domain/model-record.js';
import { featureHash } from '../../features/feature-hash.js';
import type { Logger } from '../../lib/logger.js';
import { isAborted } from '../../lib/is-aborted.js';
import type { Increment, TrainModelContext } from '../preparation/attempt-context.js';
import {
  candidatePath,
  featureFileName,
  keepServedFiles,
  modelSizeMb,
  removeAttempt,
  removeLeftovers,
} from '../preparation/candidate-folder.js';
import type { ClassWeights } from '../../domain/class-weights.js';
import { findIncrement, openParent } from '../preparation/find-increment.js';
import { findTechnicalDefect, judge } from '../evaluation/gate.js';
import type { Judgement } from '../evaluation/judge-model.js';
import { findBaseModel } from '../residuals/find-base-model.js';
import type { ModelBasis } from '../residuals/prepare-member.js';
import { prepareMember } from '../residuals/prepare-member.js';
import type { PreparedData } from '../dataset/prepare-data.js';
import type { SelectionPlan } from '../preparation/selection-plan.js';
import type { BotParams } from '../trainer-process/trainer-job.js';
import type { TrainerDone, TrainerOutcome } from '../trainer-process/trainer-outcome.js';
import { toJudgeRequest, type Trained } from './judge-request.js';
import { toOrder, toTrainerJob, type Order } from './trainer-order.js';

/** Progress at the end of each part of a job, in percent. */
const PREPARED_PCT = 5;
const TRAINED_PCT = 92;
const JUDGED_PCT = 98;
const UPLOADED_PCT = 99;

/** The text of these lines is a contract with people's scripts; the key is in the logger's fields. */
const PREPARING_LINE = '[TRAIN] Preparing features and labels...';

/** What is known of a model once it has been judged. */
export interface Candidate {
  readonly prepared: PreparedData;
  readonly plan: SelectionPlan;
  readonly classWeights: ClassWeights | undefined;
  readonly params: BotParams;
  readonly basis: ModelBasis;
  readonly trained: TrainerDone;
  readonly judgement: Judgement;
  readonly verdict: NonNullable<ModelRecord['verdict']>;
  /** What was continued; undefined for a new fit. */
  readonly increment: Increment | undefined;
  readonly featureHash: string;
  readonly manifestSha256: string;
  readonly modelSizeMb: number;
  /** Relative to the models' folder. */
  readonly modelPath: string;
}

/** How one attempt ended. Only the job's progress is in the database yet. */
export type TrainingResult =
  | { readonly status: 'judged'; readonly candidate: Candidate }
  /** Too few rows, or nothing to continue: too early, and no failure. */
  | { readonly status: 'waiting'; readonly reason: string }
  | {
      readonly status: 'failed';
      readonly code: string;
      readonly message: string;
      readonly prepared: PreparedData | undefined;
    }
  | { readonly status: 'aborted' };

/**
 * Runs one job: writes features and labels into a file, fits twice in Python, runs both models over the test
 * rows and decides. Afterwards the disk holds the folder of a promoted model or of a shadow, or nothing.
 *
 * @throws TransientError when the database, the training worker or the artifact store is gone
 */
export async function trainModel(context: TrainModelContext): Promise<TrainingResult> {
  // Of those that died over the job. A first attempt finds nothing, and one that ends here leaves nothing.
  const isFirst = context.job.attempt === 1;
  if (!isFirst) await removeLeftovers(context.job, context.options);
  const begun = await beginAsAsked(context);
  if ('status' in begun) return begun;
  // A database that was brought back from a backup may count from one again.
  if (isFirst) await removeLeftovers(context.job, context.options);
  return attemptWithFiles(begun);
}

/** Whatever the attempt writes is removed, unless it is to be served. */
async function attemptWithFiles(context: TrainModelContext): Promise<TrainingResult> {
  const { job, options } = context;
  let isKept = false;
  try {
    const result = await attempt(context);
    isKept = result.status === 'judged' && isWanted(context, result.candidate);
    if (isKept && result.status === 'judged') await publish(context, result.candidate);
    return result;
  } catch (error) {
    isKept = false;
    throw error;
  } finally {
    await rm(path.join(options.workDir, featureFileName(job)), { force: true });
    if (!isKept) await removeAttempt(job, options);
  }
}

/** Nothing is kept of an experiment's models. A shadow's is, whatever the gate says of it: it only answers. */
function isWanted({ trial }: TrainModelContext, { verdict }: Candidate): boolean {
  return trial === undefined ? verdict.isPromoted : trial.purpose === 'shadow';
}

/** Before the record: a record names only what everybody who needs it can fetch. */
async function publish(
  { artifacts, progress }: TrainModelContext,
  { modelPath, manifestSha256 }: Candidate,
): Promise<void> {
  if (!artifacts.isStore) return;
  progress.report('upload', UPLOADED_PCT);
  await artifacts.publish({ modelPath, manifestSha256 });
}

/**
 * Continues the model where an increment was requested and the model is below its limits; else fits a new one.
 *
 * @returns how to attempt it, or the result where there is nothing to attempt
 */
async function beginAsAsked(
  context: TrainModelContext,
): Promise<TrainModelContext | Extract<TrainingResult, { status: 'waiting' }>> {
  const { job, stores, options, logger } = context;
  if (job.mode === 'full') return context;
  const plan = await findIncrement(stores, job, options);
  if (plan.status === 'skip') return { status: 'waiting', reason: plan.reason };
  if (plan.status === 'refit') {
    logger.info(`[TRAIN] Full fit instead of an increment: ${plan.reason}`);
    return context;
  }
  const { parent } = plan;
  const opening = await openParent(parent, context);
  if (opening.status === 'unusable') return { status: 'waiting', reason: opening.reason };
  return { ...context, increment: { parent, files: opening.files } };
}

async function attempt(context: TrainModelContext): Promise<TrainingResult> {
  await mkdir(context.options.workDir, { recursive: true });
  const { progress, signal, trainingWorker } = context;
  const finding = await findBaseModel(context);
  if (finding.status === 'aborted') return { status: 'aborted' };
  context.logger.info(PREPARING_LINE);
  progress.report('prepare', 0);
  const { preparation, basis } = await prepareMember(context, finding);
  if (isAborted(signal)) return { status: 'aborted' };
  if (preparation.status === 'too_few_rows')
    return { status: 'waiting', reason: preparation.reason };
  if (preparation.status === 'failed') return failed('preparation', preparation.message);
  logPreparation(context.logger, preparation);
  progress.report('train', PREPARED_PCT);

  const order = await toOrder(context, preparation, basis);
  const trained = await train(context, preparation, order);
  if (trained.status === 'failed') {
    if (trained.code === 'cancelled') return { status: 'aborted' };
    return failed(trained.code, trained.message, preparation);
  }
  progress.report('judge', TRAINED_PCT);

  const judgement = await trainingWorker.judge(
    await toJudgeRequest(context, { prepared: preparation, order, trained }),
  );
  if (isAborted(signal)) return { status: 'aborted' };
  if ('status' in judgement) return failed('judging', judgement.message, preparation);
  progress.report('decide', JUDGED_PCT);
  return decide(context, { prepared: preparation, order, trained }, judgement);
}

async function train(
  context: TrainModelContext,
  prepared: PreparedData,
  order: Order,
): Promise<TrainerOutcome> {
  const { progress, signal, trainer } = context;
  const job = toTrainerJob(context, prepared, order);
  await mkdir(path.dirname(job.outputDir), { recursive: true });
  const span = (TRAINED_PCT - PREPARED_PCT) / 100;
  return trainer.run(job, {
    signal,
    onProgress: ({ stage, percent }) => progress.report(stage, PREPARED_PCT + percent * span),
  });
}

async function decide(
  { job, options, increment, trial }: TrainModelContext,
  { prepared, order, trained }: Trained,
  judgement: Judgement,
): Promise<TrainingResult> {
  const { features } = trained.manifest;
  const facts = {
    ...judgement,
    expectedFeatureHash: judgement.featureHash,
    featureHash: featureHash(features, prepared.referenceSymbol),
    modelSizeMb: await modelSizeMb(trained.outputDir),
    maxModelMb: options.maxModelMb,
    maxLatencyMs: options.maxLatencyMs,
  };
  const defect = trial === undefined ? undefined : findTechnicalDefect(facts);
  if (defect !== undefined) return failed('defect', defect, prepared);
  const verdict = judge(options.promotionGate, facts, { ...judgement, ...options });
  const candidate: Candidate = {
    prepared,
    ...order,
    trained,
    judgement,
    verdict,
    increment,
    featureHash: facts.featureHash,
    modelPath: candidatePath(job),
    ...(await keepServedFiles(trained.outputDir)),
  };
  return { status: 'judged', candidate };
}

function failed(code: string, message: string, prepared?: PreparedData): TrainingResult {
  return { status: 'failed', code, message, prepared };
}

/** Logs the result of the preparation. The text is a contract, as `PREPARING_LINE` is. */
function logPreparation(logger: Logger, prepared: PreparedData): void {
  const { rawFeatures, rawSamples, samples, names } = prepared;
  const [sell, hold, buy] = prepared.classDistribution;
  logger.info(`[TRAIN] Raw features: ${rawFeatures}, samples: ${rawSamples}`);
  logger.info(`[TRAIN] Samples after dropna: ${samples} (dropped ${rawSamples - samples})`);
  logger.info(`[TRAIN] Class distribution - SELL: ${sell}, HOLD: ${hold}, BUY: ${buy}`);
  logger.info(`[TRAIN] Final dataset: ${samples} samples with ${names.length} features`);
}
