import type { Trial, TrialScore } from '../../domain/experiment.js';
import type { TrainingJob } from '../../domain/training-job.js';
import type { Stores } from '../../storage/stores.js';
import { finalStatus } from './promotion.js';
import type { Candidate } from './train-model.js';
import {
  evidenceOf,
  recordOfCandidate,
  recordOfFailure,
  type Failure,
  type RecordContext,
} from './training-record.js';

/** How a job of an experiment or shadow ended. No record of a model comes of it, and no cooldown. */
interface TrialEnd {
  readonly status: 'completed' | 'failed';
  readonly reason: string;
}

export interface TrialContext extends RecordContext {
  readonly stores: Stores;
  readonly trial?: Trial | undefined;
}

/**
 * Stores the scores of a judged model, the end of its job and the evidence in one transaction. A job that was judged
 * on other rows than the first one of its series fails: it cannot be compared.
 */
export async function completeTrial(
  context: TrialContext,
  candidate: Candidate,
): Promise<TrialEnd> {
  const { stores, job, trial } = context;
  if (trial === undefined) throw new RangeError(`Job ${job.uid} belongs to no trial`);
  const { prepared } = candidate;
  return stores.transaction(async (tx) => {
    if (await hasEnded(tx, job)) return { status: 'completed', reason: 'stored before' };
    const first = await tx.experiments.findRowsHash(trial.experimentUid, job);
    if (first !== undefined && first !== prepared.rowsSha256) {
      const message = `judged on other rows than the first job of ${job.symbol} ${job.timeframe}: candles were stored or changed since`;
      return failTrial(tx, context, { code: 'other_data', message, prepared });
    }
    await finish(tx, context, { status: 'completed' });
    const record = recordOfCandidate(context, candidate);
    const evidence = evidenceOf(context, record, { candidate, prepared });
    await tx.evidence.insert({ ...evidence, modelUid: undefined });
    await tx.experiments.insertScore(scoreOf(context, trial, candidate));
    const { skill, directionSkill } = candidate.judgement.score;
    const figures = `skill ${skill.estimate.toFixed(4)}, direction skill ${directionSkill.estimate.toFixed(4)}`;
    return { status: 'completed', reason: `${trial.variant}, seed ${trial.seed}: ${figures}` };
  });
}

/** Ends a job that brought nothing. */
export async function failTrial(
  stores: Stores,
  context: RecordContext,
  failure: Failure,
): Promise<TrialEnd> {
  const { code: errorCode, message: errorMessage, prepared } = failure;
  const record = recordOfFailure(context, failure);
  const evidence = evidenceOf(context, record, { prepared });
  await stores.transaction(async (tx) => {
    if (await hasEnded(tx, context.job)) return;
    await finish(tx, context, { status: 'failed', errorCode, errorMessage });
    await tx.evidence.insert({ ...evidence, modelUid: undefined });
  });
  return { status: 'failed', reason: `${errorCode}: ${errorMessage}` };
}

/** The answer to a commit may have been lost. */
async function hasEnded(tx: Stores, { uid, attempt }: TrainingJob): Promise<boolean> {
  const stored = await tx.jobs.find(uid);
  const isOver = stored?.status === 'completed' || stored?.status === 'failed';
  return isOver && stored.attempt === attempt;
}

async function finish(
  tx: Stores,
  { job, clock }: RecordContext,
  end: {
    readonly status: 'completed' | 'failed';
    readonly errorCode?: string;
    readonly errorMessage?: string;
  },
): Promise<void> {
  const { ownerRunUid, attempt } = job;
  const { status, errorCode, errorMessage } = end;
  if (status === 'completed') {
    await tx.jobs.progress(job.uid, { stage: 'done', progressPct: 100 });
  }
  await tx.jobs.finish(job.uid, {
    status: finalStatus(job, status === 'completed' ? 'complete' : 'fail'),
    ownerRunUid,
    attempt,
    finishedAt: clock.wallMs(),
    errorCode,
    errorMessage,
  });
}

function scoreOf(
  { job, clock }: RecordContext,
  { uid: trialUid, experimentUid }: Trial,
  { prepared, judgement }: Candidate,
): TrialScore {
  return {
    jobUid: job.uid,
    experimentUid,
    trialUid,
    symbol: job.symbol,
    timeframe: job.timeframe,
    rowsHash: prepared.rowsSha256,
    days: judgement.days ?? [],
    scoredAt: clock.wallMs(),
  };
}
