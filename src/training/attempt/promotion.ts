import type { ModelRecord } from '../../domain/model-record.js';
import type { TrainingCooldown, TrainingJob } from '../../domain/training-job.js';
import type { Stores } from '../../storage/stores.js';
import {
  dataCooldown,
  failureCooldown,
  rejectionCooldown,
} from '../../domain/training-cooldown.js';
import { getNextStatus } from '../../domain/job-state.js';
import { findPromotionRefusal } from './promotion-refusal.js';
import type { Candidate } from './train-model.js';
import {
  evidenceOf,
  recordOfCandidate,
  recordOfFailure,
  type Failure,
  type RecordContext,
} from './training-record.js';

/**
 * Makes a judged model serve its key: record, switch, end of the job, end of the cooldown and evidence
 * in one transaction. Its folder was renamed into place before, so a kill leaves either a serving model
 * or a folder that the next start removes.
 *
 * @returns the record, of stage `rejected` where a person pinned the model that serves
 * @throws RejectedError when the job has meanwhile ended otherwise, or its model may not serve
 */
export async function promote(
  stores: Stores,
  context: RecordContext,
  candidate: Candidate,
): Promise<ModelRecord> {
  const { uid } = recordOfCandidate(context, candidate);
  return storeOnce(stores, context, async (tx) => {
    await tx.models.lock(context.job);
    const refusal = await findPromotionRefusal(tx, context.job, {
      reason: candidate.verdict.reason,
      parentUid: candidate.increment?.parent.record.uid,
    });
    if (refusal !== undefined) return storeRejected(tx, context, refused(candidate, refusal));
    await storeCandidate(tx, context, candidate);
    return tx.models.promote(uid);
  });
}

/**
 * Records a judged model whose files lie in the artifact store and whose daemon is to make it serve: the record, the
 * end of the job and of the cooldown, and the evidence in one transaction.
 */
export async function handOver(
  stores: Stores,
  context: RecordContext,
  candidate: Candidate,
): Promise<ModelRecord> {
  return storeOnce(stores, context, (tx) => storeCandidate(tx, context, candidate));
}

async function storeCandidate(
  tx: Stores,
  context: RecordContext,
  candidate: Candidate,
): Promise<ModelRecord> {
  const record = recordOfCandidate(context, candidate);
  const { prepared } = candidate;
  await complete(tx, context, record);
  await tx.evidence.insert(evidenceOf(context, record, { candidate, prepared }));
  // A cooldown belongs to full fits: an increment neither ends nor starts one.
  if (candidate.increment === undefined) await tx.cooldowns.clear(context.job);
  return tx.models.insert(record);
}

function refused(candidate: Candidate, reason: string): Candidate {
  return { ...candidate, verdict: { ...candidate.verdict, isPromoted: false, reason } };
}

/** Records a model that the gate refused, and the wait for new candles, in one transaction. */
export async function reject(
  stores: Stores,
  context: RecordContext,
  candidate: Candidate,
): Promise<ModelRecord> {
  return storeOnce(stores, context, (tx) => storeRejected(tx, context, candidate));
}

async function storeRejected(
  tx: Stores,
  context: RecordContext,
  candidate: Candidate,
): Promise<ModelRecord> {
  const record = recordOfCandidate(context, candidate);
  const { prepared, verdict } = candidate;
  const { lastOpenTime } = prepared;
  const refused = { reason: verdict.reason, lastOpenTime };
  await complete(tx, context, record);
  await tx.evidence.insert(evidenceOf(context, record, { candidate, prepared }));
  if (candidate.increment === undefined) {
    await tx.cooldowns.set(rejectionCooldown(context.job, refused, context));
  }
  return tx.models.insert(record);
}

/** Records an attempt that brought no model, and the wait before the next, in one transaction. */
export async function recordFailure(
  stores: Stores,
  context: RecordContext,
  failure: Failure,
): Promise<ModelRecord> {
  const record = recordOfFailure(context, failure);
  const { prepared, code: errorCode, message: errorMessage } = failure;
  const cooldown = cooldownAfter(context, failure, `${errorCode}: ${errorMessage}`);
  return storeOnce(stores, context, async (tx) => {
    await tx.jobs.finish(context.job.uid, {
      status: finalStatus(context.job, 'fail'),
      ownerRunUid: context.job.ownerRunUid,
      attempt: context.job.attempt,
      finishedAt: context.clock.wallMs(),
      errorCode,
      errorMessage,
      modelUid: record.uid,
    });
    await tx.evidence.insert(evidenceOf(context, record, { prepared }));
    // After a failed increment the parent serves on, and the schedule already limits how often it is tried.
    if (context.job.mode === 'full') await tx.cooldowns.set(cooldown);
    return tx.models.insert(record);
  });
}

/** Whether the same candles would end the same way: a class is missing, or rows are too few. */
export function isCausedByData(code: string): boolean {
  return code === 'too_few_rows';
}

function cooldownAfter(
  context: RecordContext,
  { code, prepared }: Failure,
  reason: string,
): TrainingCooldown {
  if (prepared === undefined || !isCausedByData(code)) {
    return failureCooldown(context.job, reason, context);
  }
  return dataCooldown(context.job, { reason, lastOpenTime: prepared.lastOpenTime }, context);
}

/** When the answer to a commit was lost, the stored record is found again and nothing is stored twice. */
function storeOnce(
  stores: Stores,
  { modelUid }: RecordContext,
  store: (tx: Stores) => Promise<ModelRecord>,
): Promise<ModelRecord> {
  return stores.transaction(async (tx) => (await tx.models.find(modelUid)) ?? (await store(tx)));
}

async function complete(tx: Stores, context: RecordContext, record: ModelRecord): Promise<void> {
  await tx.jobs.progress(context.job.uid, { stage: 'done', progressPct: 100 });
  await tx.jobs.finish(context.job.uid, {
    status: finalStatus(context.job, 'complete'),
    ownerRunUid: context.job.ownerRunUid,
    attempt: context.job.attempt,
    finishedAt: context.clock.wallMs(),
    modelUid: record.uid,
  });
}

type FinalStatus = 'completed' | 'failed' | 'cancelled';

/** The status that ends the job, by the table of legal steps. */
export function finalStatus(job: TrainingJob, event: 'complete' | 'fail' | 'cancel'): FinalStatus {
  // These three events lead to final statuses only.
  return getNextStatus(job.status, event) as FinalStatus;
}
