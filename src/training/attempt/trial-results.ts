import type { Trial, TrialScore } from '../../domain/experiment.js';
import type { TrainingJob } from '../../domain/training-job.js';
import { RejectedError } from '../../lib/errors.js';
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
  if (trial.purpose === 'shadow') return completeShadow(context, trial, candidate);
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

/**
 * Lets the model answer beside the serving one: its record stays with the shadow, whatever the gate said of it.
 *
 * @throws RejectedError where the shadow was removed meanwhile
 */
async function completeShadow(
  context: TrialContext,
  trial: Trial,
  candidate: Candidate,
): Promise<TrialEnd> {
  const { stores, job } = context;
  const { prepared, modelPath, manifestSha256, verdict } = candidate;
  return stores.transaction(async (tx) => {
    const shadow = await tx.shadows.findByTrial(trial.uid);
    if (await hasEnded(tx, job)) return { status: 'completed', reason: 'stored before' };
    const kept = { stage: 'candidate', status: 'active', modelPath, manifestSha256 } as const;
    const record = { ...recordOfCandidate(context, candidate), ...kept };
    const to = { status: 'answering', record, modelPath, manifestSha256 } as const;
    if (shadow === undefined || !(await tx.shadows.change(shadow.uid, ['training'], to))) {
      throw new RejectedError(`The shadow model of job ${job.uid} was removed`);
    }
    await finish(tx, context, { status: 'completed' });
    await tx.evidence.insert(evidenceOf(context, record, { candidate, prepared }));
    return {
      status: 'completed',
      reason: `${trial.variant} answers as a shadow; ${verdict.reason}`,
    };
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
    await failShadow(tx, context, errorMessage);
  });
  return { status: 'failed', reason: `${errorCode}: ${errorMessage}` };
}

async function failShadow(
  tx: Stores,
  { job, clock }: RecordContext,
  reason: string,
): Promise<void> {
  const shadow = await tx.shadows.findByTrial(job.trialUid ?? '');
  if (shadow === undefined) return;
  const to = { status: 'failed', reason, endedAt: clock.wallMs() } as const;
  await tx.shadows.change(shadow.uid, ['training'], to);
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
