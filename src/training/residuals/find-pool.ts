import type { PooledModel } from '../../domain/pooled-model.js';
import { ageHours } from '../../domain/model-record.js';
import { catalogueHash } from '../../features/feature-hash.js';
import { isAborted } from '../../lib/is-aborted.js';
import { newUid } from '../../lib/uid.js';
import type { TrainModelContext } from '../attempt/attempt-context.js';
import { fitPool } from './fit-pool.js';
import { isIntact, poolPath, prunePools, removeAttempts } from './pool-files.js';

/** The bot whose models add up. */
const POOLED_BOT = 'catboost';
/** A pooled fit over which the daemon died twice may be what kills it. */
const MAX_ATTEMPTS = 2;
const WAIT_MS = 1000;
const MAX_WAITS = 3600;
const MOST_JOBS = 10_000;
/** Earlier pools that are looked at for a session that fits none. */
const EARLIER_POOLS = 3;
const BYTES_A_MB = 1_000_000;

/** What a job's model is to be: a residual on a pooled model, or a model of its own, and why. */
export type PoolFinding =
  | { readonly status: 'pooled'; readonly pool: PooledModel }
  | { readonly status: 'plain'; readonly reason: string }
  | { readonly status: 'aborted' };

/**
 * The pooled model of the job's session, fitted by whichever of the session's jobs comes first; for a
 * session of too few instruments the newest one that may still be used. The row of it is stored before
 * the fit begins, so that a kill at any moment leaves one that the next job takes up.
 *
 * @throws TransientError when the database or the training worker is gone
 */
export async function findPool(context: TrainModelContext): Promise<PoolFinding> {
  const { job, options } = context;
  if (options.pooling === 'off') return plain('POOLING=off');
  if (context.increment !== undefined) return plain('an increment continues its parent');
  if (job.bot !== POOLED_BOT) return plain(`${job.bot} has no pooled model`);
  const { total } = await listJobs(context, 1);
  const needed = options.poolMinInstruments;
  if (total >= needed) return findOrFit(context);
  const earlier = await findEarlier(context);
  if (earlier !== undefined) return { status: 'pooled', pool: earlier };
  return plain(`${total} of ${needed} instruments in the session, and no earlier pooled model`);
}

/** Jobs of the session that share the job's timeframe and bot: one for each instrument. */
function listJobs({ stores, job }: TrainModelContext, limit: number) {
  const { venue, sessionUid, timeframe, bot } = job;
  return stores.jobs.list({ venue, sessionUid, timeframe, bot }, { limit, offset: 0 });
}

async function findOrFit(context: TrainModelContext): Promise<PoolFinding> {
  const { stores, clock, signal, job, options } = context;
  for (let wait = 0; wait < MAX_WAITS; wait++) {
    if (isAborted(signal)) return { status: 'aborted' };
    const { status, row: pool } = await stores.pools.insert(newPool(context));
    if (status === 'inserted') return fit(context, pool);
    if (pool.status === 'failed') return plain(`no pooled model: ${pool.reason ?? ''}`);
    if (pool.status === 'ready' && (await isUsable(pool, options))) {
      return { status: 'pooled', pool };
    }
    if (pool.status === 'fitting' && (await isBeingFitted(context, pool))) {
      await clock.sleep(WAIT_MS, signal).catch(() => undefined);
      continue;
    }
    const taken = await takeOver(context, pool);
    if (taken !== undefined) return fit(context, taken);
  }
  return plain(`the pooled model of ${job.sessionUid} was never ready`);
}

function newPool({ job, clock, options }: TrainModelContext): PooledModel {
  const { venue, timeframe, bot, sessionUid } = job;
  return {
    ...{ venue, timeframe, bot, sessionUid },
    uid: newUid(clock.wallMs()),
    jobUid: job.uid,
    status: 'fitting',
    attempt: 1,
    ...{ reason: undefined, trainedAt: undefined, cutAt: undefined, dataEnd: undefined },
    ...{ features: [], members: [], config: {}, selectedAt: undefined, selectedBy: undefined },
    ...{ catalogueHash: undefined, modelPath: undefined, manifestSha256: undefined },
    referenceSymbol: options.referenceSymbol,
    horizonBars: options.labelHorizonBars,
  };
}

/** Whether another job that runs is at it. */
async function isBeingFitted({ stores, job }: TrainModelContext, pool: PooledModel) {
  if (pool.jobUid === job.uid) return false;
  return (await stores.jobs.find(pool.jobUid))?.status === 'running';
}

/** Makes the job the one that fits it, after a death or because the files are not what they were. */
async function takeOver(
  { stores, job, options }: TrainModelContext,
  pool: PooledModel,
): Promise<PooledModel | undefined> {
  const attempt = pool.status === 'ready' ? 1 : pool.attempt + 1;
  if (attempt > MAX_ATTEMPTS) {
    const reason = 'the daemon died twice while it was fitted';
    await stores.pools.change(pool, { status: 'failed', reason });
    return undefined;
  }
  const next = { status: 'fitting', attempt, jobUid: job.uid } as const;
  if (!(await stores.pools.change(pool, next))) return undefined;
  await removeAttempts(pool, options.modelsDir);
  return { ...pool, ...next };
}

async function fit(context: TrainModelContext, pool: PooledModel): Promise<PoolFinding> {
  const { stores, options, logger } = context;
  const { modelsDir } = options;
  const { rows } = await listJobs(context, MOST_JOBS);
  const symbols = rows.map(({ symbol }) => symbol).toReversed();
  const result = await fitPool(context, pool, symbols);
  if (result.status === 'fitted') {
    const ready = { ...result.facts, status: 'ready', modelPath: poolPath(pool) } as const;
    if (!(await stores.pools.change(pool, ready))) return lost(pool, modelsDir);
    const { treeCount, durationMs } = ready.config ?? {};
    const facts = { pool: pool.uid, members: ready.members?.length, treeCount, durationMs };
    logger.info('[TRAIN] Pooled model fitted', facts);
    await prunePools(stores, pool, modelsDir);
    return { status: 'pooled', pool: { ...pool, ...ready } };
  }
  await removeAttempts(pool, modelsDir);
  if (result.status === 'failed') {
    const { reason } = result;
    await stores.pools.change(pool, { status: 'failed', reason });
    logger.warn(`[TRAIN] No pooled model, the session trains plain ones: ${reason}`);
    return plain(`no pooled model: ${reason}`);
  }
  // A graceful end is no death: it does not count.
  await stores.pools.change(pool, { attempt: pool.attempt - 1 });
  return result.status === 'aborted' ? { status: 'aborted' } : plain('Python cannot be started');
}

/** Another process took the row meanwhile; what this one fitted is nobody's. */
async function lost(pool: PooledModel, modelsDir: string): Promise<PoolFinding> {
  await removeAttempts(pool, modelsDir);
  return plain('another process fitted the pooled model meanwhile');
}

async function findEarlier(context: TrainModelContext): Promise<PooledModel | undefined> {
  const { stores, job, clock, options } = context;
  const pools = await stores.pools.list(job, { status: 'ready', limit: EARLIER_POOLS });
  for (const pool of pools) {
    const { trainedAt = 0 } = pool;
    const isYoung = ageHours({ trainedAt }, clock.marketMs()) <= options.modelMaxAgeHours;
    if (isYoung && (await isUsable(pool, options))) return pool;
  }
  return undefined;
}

/** Whether its features, labels and files are what a residual of now needs. */
async function isUsable(
  pool: PooledModel,
  options: TrainModelContext['options'],
): Promise<boolean> {
  const { referenceSymbol, labelHorizonBars, modelsDir, maxModelMb } = options;
  const isSame =
    pool.catalogueHash === catalogueHash() &&
    pool.horizonBars === labelHorizonBars &&
    pool.referenceSymbol === referenceSymbol;
  return isSame && isIntact(pool, { modelsDir, maxFileBytes: maxModelMb * BYTES_A_MB });
}

function plain(reason: string): PoolFinding {
  return { status: 'plain', reason };
}
