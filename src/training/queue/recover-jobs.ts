import { isAlive, type SeenWorker } from '../../domain/queue-worker.js';
import type { TrainingJob } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import { newUid } from '../../lib/uid.js';
import type { OfDaemon } from '../../storage/stores/waiting-jobs.js';
import type { Stores } from '../../storage/stores.js';
import { removeLeftovers } from '../preparation/candidate-folder.js';
import { settleFailure } from './settle-job.js';
import type { TrainingOptions } from '../options/training-options.js';

/** A job over which its process died twice may be the cause. */
const MAX_ATTEMPTS = 2;

export interface RecoveryContext {
  readonly stores: Stores;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly options: TrainingOptions;
  readonly runUid: string;
}

/**
 * Recovers the jobs that a dead run left running: removes their files, then queues them once more or fails them
 * with the reason.
 *
 * @param of jobs that only this daemon and its workers may run
 * @param workers that may hold one, where the daemon trains nothing itself
 */
export async function recoverJobs(
  context: RecoveryContext,
  of: Omit<OfDaemon, 'work'>,
  workers?: readonly SeenWorker[],
): Promise<void> {
  const { stores, options, runUid } = context;
  const own = { ...of, work: 'training' } as const;
  for (const job of await stores.jobs.listRunningNotOwnedBy(runUid, own)) {
    const worker = workers?.find(({ uid }) => uid === job.ownerRunUid);
    if (worker !== undefined && isAlive(worker)) continue;
    await removeLeftovers(job, options);
    const owner = await nameOwner(context, { job, worker, isRemote: workers !== undefined });
    await recover(context, { job, owner });
  }
}

interface Owner {
  readonly job: TrainingJob;
  readonly worker: SeenWorker | undefined;
  /** Whether workers train for this daemon now; before, it may have trained itself. */
  readonly isRemote: boolean;
}

async function nameOwner(
  { stores }: RecoveryContext,
  { job, worker, isRemote }: Owner,
): Promise<string> {
  if (worker !== undefined) return `worker ${worker.uid} (${worker.host}, process ${worker.pid})`;
  const { ownerRunUid } = job;
  const isRun = ownerRunUid === undefined || (await stores.runs.find(ownerRunUid)) !== undefined;
  return isRun || !isRemote ? 'the daemon' : `worker ${ownerRunUid}, which is forgotten by now,`;
}

async function recover(
  context: RecoveryContext,
  { job, owner }: { readonly job: TrainingJob; readonly owner: string },
): Promise<void> {
  const { stores, clock, logger, options } = context;
  const { uid, symbol, timeframe, bot, attempt, stage, ownerRunUid } = job;
  const message = `${owner} died while the job was running (${stage ?? 'just begun'})`;
  const fields = { symbol, timeframe, bot, job: uid, attempt };
  if (attempt < MAX_ATTEMPTS) {
    await stores.jobs.requeue(uid, { reason: message, isDeath: true, ownerRunUid });
    logger.warn(`[TRAIN] Queued again: ${message}`, fields);
    return;
  }
  const startedAt = job.startedAt ?? clock.wallMs();
  const failure = { code: 'owner_died', message, prepared: undefined };
  const modelUid = newUid(clock.wallMs());
  await settleFailure({ stores, job, clock, options, startedAt, modelUid }, failure);
  logger.error(`[TRAIN] Failed: ${message}, for the second time`, fields);
}
