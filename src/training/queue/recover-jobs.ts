import type { TrainingJob } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import { newUid } from '../../lib/uid.js';
import type { OfDaemon } from '../../storage/stores/waiting-jobs.js';
import type { Stores } from '../../storage/stores.js';
import { removeLeftovers } from '../preparation/candidate-folder.js';
import { settleFailure } from './settle-job.js';
import type { TrainingOptions } from '../options/training-options.js';

/** A job over which the daemon died twice may be the cause. */
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
 * @param isAlive whether another run that owns one still works; by default none does
 */
export async function recoverJobs(
  context: RecoveryContext,
  of: Omit<OfDaemon, 'work'>,
  isAlive: (ownerRunUid: string) => boolean = () => false,
): Promise<void> {
  const { stores, options, runUid } = context;
  const own = { ...of, work: 'training' } as const;
  for (const job of await stores.jobs.listRunningNotOwnedBy(runUid, own)) {
    if (job.ownerRunUid !== undefined && isAlive(job.ownerRunUid)) continue;
    await removeLeftovers(job, options);
    await recover(context, job);
  }
}

async function recover(context: RecoveryContext, job: TrainingJob): Promise<void> {
  const { stores, clock, logger, options } = context;
  const { uid, symbol, timeframe, bot, attempt, stage, ownerRunUid } = job;
  const message = `the daemon died while the job was running (${stage ?? 'just begun'})`;
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
