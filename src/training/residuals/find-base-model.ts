import { findBot } from '../../domain/bots.js';
import type { BaseModel } from '../../domain/base-model.js';
import { ageHours } from '../../domain/model-record.js';
import { catalogueHash } from '../../features/feature-hash.js';
import { isAborted } from '../../lib/is-aborted.js';
import { newUid } from '../../lib/uid.js';
import { RejectedError } from '../../lib/errors.js';
import type { ModelArtifacts } from '../../models/model-artifacts.js';
import type { TrainModelContext } from '../preparation/attempt-context.js';
import { fitBaseModel } from './fit-base-model.js';
import { isIntact, baseModelPath, pruneBaseModels, removeAttempts } from './base-model-files.js';

/** A fit over which the daemon died twice may be the cause. */
const MAX_ATTEMPTS = 2;
const WAIT_MS = 1000;
const MAX_WAITS = 3600;
const MOST_JOBS = 10_000;
/** Earlier base models that are considered for a session that fits none. */
const EARLIER_BASE_MODELS = 3;
const BYTES_A_MB = 1_000_000;

/** What a job's model is to be: a residual on a base model, or a model of its own, and why. */
export type BaseModelFinding =
  | { readonly status: 'shared'; readonly baseModel: BaseModel }
  | { readonly status: 'plain'; readonly reason: string }
  | { readonly status: 'aborted' };

/**
 * The base model of the job's session; the session's first job fits it. A session of too few instruments gets the
 * newest earlier one that is still usable. Its row is stored before the fit begins, so that after a kill the next
 * job finds it and fits again.
 *
 * @throws TransientError when the database or the training worker is gone
 */
export async function findBaseModel(context: TrainModelContext): Promise<BaseModelFinding> {
  const { job, options } = context;
  if (options.pooling === 'off') return plain('POOLING=off');
  if (context.increment !== undefined) return plain('an increment continues its parent');
  if (findBot(job.bot)?.isAdditive !== true) return plain(`${job.bot} has no base model`);
  const { total } = await listJobs(context, 1);
  const needed = options.poolMinInstruments;
  if (total >= needed) return findOrFit(context);
  if (context.trial !== undefined) return plain(`${total} of ${needed} instruments of a trial`);
  const earlier = await findEarlier(context);
  if (earlier !== undefined) return { status: 'shared', baseModel: earlier };
  return plain(`${total} of ${needed} instruments in the session, and no earlier base model`);
}

/** Jobs of the session that share the job's timeframe and bot: one for each instrument. */
function listJobs({ stores, job }: TrainModelContext, limit: number) {
  const { venue, sessionUid, timeframe, bot, trialUid } = job;
  const group = trialUid === undefined ? { sessionUid } : { trialUid };
  return stores.jobs.list({ venue, ...group, timeframe, bot }, { limit, offset: 0 });
}

async function findOrFit(context: TrainModelContext): Promise<BaseModelFinding> {
  const { stores, clock, signal, job } = context;
  for (let wait = 0; wait < MAX_WAITS; wait++) {
    if (isAborted(signal)) return { status: 'aborted' };
    const { status, row: baseModel } = await stores.baseModels.insert(newBaseModel(context));
    if (status === 'inserted') return fit(context, baseModel);
    if (baseModel.status === 'failed') return plain(`no base model: ${baseModel.reason ?? ''}`);
    if (baseModel.status === 'ready' && (await isUsable(context, baseModel))) {
      return { status: 'shared', baseModel };
    }
    if (baseModel.status === 'fitting' && (await isBeingFitted(context, baseModel))) {
      await clock.sleep(WAIT_MS, signal).catch(() => undefined);
      continue;
    }
    const taken = await takeOver(context, baseModel);
    if (taken !== undefined) return fit(context, taken);
  }
  return plain(`the base model of ${job.sessionUid} was never ready`);
}

function newBaseModel({ job, clock, options }: TrainModelContext): BaseModel {
  const { venue, timeframe, bot, sessionUid, trialUid } = job;
  return {
    venue,
    timeframe,
    bot,
    sessionUid: trialUid ?? sessionUid,
    uid: newUid(clock.wallMs()),
    jobUid: job.uid,
    status: 'fitting',
    attempt: 1,
    reason: undefined,
    trainedAt: undefined,
    cutAt: undefined,
    dataEnd: undefined,
    features: [],
    members: [],
    config: {},
    selectedAt: undefined,
    selectedBy: undefined,
    catalogueHash: undefined,
    modelPath: undefined,
    manifestSha256: undefined,
    referenceSymbol: options.referenceSymbol,
    horizonBars: options.labelHorizonBars,
  };
}

/** Whether another running job is fitting it. */
async function isBeingFitted({ stores, job }: TrainModelContext, baseModel: BaseModel) {
  if (baseModel.jobUid === job.uid) return false;
  return (await stores.jobs.find(baseModel.jobUid))?.status === 'running';
}

/** Makes this job the one that fits it, after a death or because its files are damaged. */
async function takeOver(
  { stores, job, options }: TrainModelContext,
  baseModel: BaseModel,
): Promise<BaseModel | undefined> {
  const attempt = baseModel.status === 'ready' ? 1 : baseModel.attempt + 1;
  if (attempt > MAX_ATTEMPTS) {
    const reason = 'the daemon or its worker died twice while it was fitted';
    await stores.baseModels.change(baseModel, { status: 'failed', reason });
    return undefined;
  }
  const next = { status: 'fitting', attempt, jobUid: job.uid } as const;
  if (!(await stores.baseModels.change(baseModel, next))) return undefined;
  await removeAttempts(baseModel, options.modelsDir);
  return { ...baseModel, ...next };
}

async function fit(context: TrainModelContext, baseModel: BaseModel): Promise<BaseModelFinding> {
  const { stores, options, logger, artifacts } = context;
  const { modelsDir } = options;
  const { rows } = await listJobs(context, MOST_JOBS);
  const symbols = rows.map(({ symbol }) => symbol).toReversed();
  const result = await fitBaseModel(context, baseModel, symbols);
  if (result.status === 'fitted') {
    const ready = {
      ...result.facts,
      status: 'ready',
      modelPath: baseModelPath(baseModel),
    } as const;
    const { modelPath, manifestSha256 } = ready;
    if (manifestSha256 !== undefined) await artifacts.publish({ modelPath, manifestSha256 });
    if (!(await stores.baseModels.change(baseModel, ready))) return lost(baseModel, modelsDir);
    const { treeCount, epochs, durationMs } = ready.config ?? {};
    const facts = {
      baseModel: baseModel.uid,
      members: ready.members?.length,
      treeCount,
      epochs,
      durationMs,
    };
    logger.info('[TRAIN] Base model fitted', facts);
    await pruneBaseModels(stores, baseModel, modelsDir);
    return { status: 'shared', baseModel: { ...baseModel, ...ready } };
  }
  await removeAttempts(baseModel, modelsDir);
  if (result.status === 'failed') {
    const { reason } = result;
    await stores.baseModels.change(baseModel, { status: 'failed', reason });
    logger.warn(`[TRAIN] No base model, the session trains plain ones: ${reason}`);
    return plain(`no base model: ${reason}`);
  }
  // A graceful stop does not count as a death.
  await stores.baseModels.change(baseModel, { attempt: baseModel.attempt - 1 });
  return result.status === 'aborted' ? { status: 'aborted' } : plain('Python cannot be started');
}

/** Another process took the row over meanwhile: this fit is discarded. */
async function lost(baseModel: BaseModel, modelsDir: string): Promise<BaseModelFinding> {
  await removeAttempts(baseModel, modelsDir);
  return plain('another process fitted the base model meanwhile');
}

async function findEarlier(context: TrainModelContext): Promise<BaseModel | undefined> {
  const { stores, job, clock, options } = context;
  const baseModels = await stores.baseModels.list(job, {
    status: 'ready',
    limit: EARLIER_BASE_MODELS,
  });
  for (const baseModel of baseModels) {
    const { trainedAt = 0 } = baseModel;
    const isYoung = ageHours({ trainedAt }, clock.marketMs()) <= options.modelMaxAgeHours;
    if (isYoung && (await isUsable(context, baseModel))) return baseModel;
  }
  return undefined;
}

/** Whether a residual can use it now: same catalogue, horizon and reference, files intact. */
async function isUsable(
  { artifacts, options }: TrainModelContext,
  baseModel: BaseModel,
): Promise<boolean> {
  const { referenceSymbol, labelHorizonBars, modelsDir, maxModelMb } = options;
  const isSame =
    baseModel.catalogueHash === catalogueHash(options.candidateFeatures) &&
    baseModel.horizonBars === labelHorizonBars &&
    baseModel.referenceSymbol === referenceSymbol;
  if (!isSame) return false;
  await fetchBaseModel(artifacts, baseModel);
  return isIntact(baseModel, { modelsDir, maxFileBytes: maxModelMb * BYTES_A_MB });
}

/** Another host may have fitted it. What cannot be had is not intact, and is fitted again. */
async function fetchBaseModel(
  artifacts: ModelArtifacts,
  { modelPath, manifestSha256 }: BaseModel,
): Promise<void> {
  if (modelPath === undefined || manifestSha256 === undefined) return;
  await artifacts.fetch({ modelPath, manifestSha256 }).catch((error: unknown) => {
    if (!(error instanceof RejectedError)) throw error;
  });
}

function plain(reason: string): BaseModelFinding {
  return { status: 'plain', reason };
}
