import type { Trial } from '../../domain/experiment.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { ModelRecord } from '../../domain/model-record.js';
import type { Stores } from '../../storage/stores.js';
import { removeLeftovers } from '../preparation/candidate-folder.js';
import { finalStatus, handOver, promote, recordFailure, reject } from '../attempt/promotion.js';
import type { TrainingResult } from '../attempt/train-model.js';
import type { TrainerReadiness } from '../trainer-process/trainer-readiness.js';
import { completeTrial, failTrial } from '../attempt/trial-results.js';
import type { Failure, RecordContext } from '../attempt/training-record.js';

/** Remembers that the stored candles of a key give too few rows, which only the rows themselves show. */
export interface ShortageMemory {
  rememberShortage(key: ModelKey, shortage: string): Promise<void>;
}

export interface SettleContext extends RecordContext {
  readonly stores: Stores;
  readonly shortages: ShortageMemory;
  readonly trial?: Trial | undefined;
  /** Whether models lie in the artifact store until a daemon on another host makes them serve. */
  readonly isServedElsewhere?: boolean | undefined;
  readonly readiness: Pick<TrainerReadiness, 'recheck' | 'find'>;
}

/** How an attempt's end was stored. */
export type Settlement =
  | {
      readonly status: 'promoted' | 'published' | 'rejected' | 'failed';
      readonly record: ModelRecord;
    }
  | { readonly status: 'requeued' | 'cancelled'; readonly reason: string }
  /** Of a job of an experiment or shadow, which leaves no record of a model. */
  | { readonly status: 'completed' | 'failed'; readonly reason: string };

/** Stores how an attempt ended. Can be repeated after an error: it then finds what is already stored. */
export async function settleJob(
  context: SettleContext,
  result: TrainingResult,
): Promise<Settlement> {
  switch (result.status) {
    case 'judged':
      if (context.trial !== undefined) return completeTrial(context, result.candidate);
      return settleJudged(context, result);
    case 'waiting':
      if (context.trial !== undefined) {
        return settleFailure(context, { code: 'too_few_rows', message: result.reason });
      }
      if (context.job.mode === 'incremental') {
        return cancel(context, { code: 'skipped', message: result.reason });
      }
      await context.shortages.rememberShortage(context.job, result.reason);
      return cancel(context, { code: 'waiting_for_history', message: result.reason });
    case 'aborted':
      return requeue(context, 'the program that trained it was stopped, or gave it back');
    case 'failed':
      if (result.code === 'no_python' && !(await isPythonThere(context))) {
        return requeue(context, result.message);
      }
      return settleFailure(context, result);
  }
}

/** Ends a job that failed. */
export async function settleFailure(
  context: RecordContext & Pick<SettleContext, 'stores' | 'trial'>,
  failure: Omit<Failure, 'prepared'> & Partial<Pick<Failure, 'prepared'>>,
): Promise<Settlement> {
  const { stores } = context;
  const { code, message, prepared } = failure;
  if (context.job.trialUid !== undefined)
    return failTrial(stores, context, { code, message, prepared });
  return {
    status: 'failed',
    record: await recordFailure(stores, context, { code, message, prepared }),
  };
}

/** Cancels a job that cannot run now. */
async function cancel(
  context: Pick<SettleContext, 'stores' | 'job' | 'clock'>,
  why: { readonly code: string; readonly message: string },
): Promise<Settlement> {
  const { stores, job, clock } = context;
  await stores.jobs.finish(job.uid, {
    status: finalStatus(job, 'cancel'),
    ownerRunUid: job.ownerRunUid,
    attempt: job.attempt,
    finishedAt: clock.wallMs(),
    errorCode: why.code,
    errorMessage: why.message,
  });
  return { status: 'cancelled', reason: why.message };
}

async function settleJudged(
  context: SettleContext,
  { candidate }: Extract<TrainingResult, { status: 'judged' }>,
): Promise<Settlement> {
  const { stores, job, options } = context;
  if (!candidate.verdict.isPromoted) {
    return { status: 'rejected', record: await reject(stores, context, candidate) };
  }
  if (context.isServedElsewhere === true) {
    return { status: 'published', record: await handOver(stores, context, candidate) };
  }
  const record = await promote(stores, context, candidate);
  if (record.stage !== 'rejected') return { status: 'promoted', record };
  await removeLeftovers(job, options);
  return { status: 'rejected', record };
}

async function requeue({ stores, job }: SettleContext, reason: string): Promise<Settlement> {
  const { uid, ownerRunUid } = job;
  await stores.jobs.requeue(uid, { reason, isDeath: false, ownerRunUid });
  return { status: 'requeued', reason };
}

/** The interpreter may have disappeared since the check; then the job waits for it. */
async function isPythonThere({ readiness }: SettleContext): Promise<boolean> {
  readiness.recheck();
  return (await readiness.find()).status === 'ready';
}
