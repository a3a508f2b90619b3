import type { ModelKey } from '../domain/model-key.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { Stores } from '../storage/stores.js';
import type { DueVerdict } from './planning/due-verdict.js';
import { findFault, type Readiness } from './trainer-process/trainer-readiness.js';

/** What is to be said about the training of one key. Times are epoch milliseconds. */
export interface TrainingStatus {
  readonly key: ModelKey;
  /** A promoted model serves. */
  readonly isTrained: boolean;
  readonly isTraining: boolean;
  /** 0 to 100: of the job under way; 100 once a model serves and nothing is under way. */
  readonly trainingProgress: number;
  readonly trainingStage: string | undefined;
  readonly jobUid: string | undefined;
  readonly isCooldownActive: boolean;
  /** Wall time. */
  readonly nextRetryAt: number | undefined;
  /** Newest record of any stage: what the last attempt brought. */
  readonly newest: ModelRecord | undefined;
  /** Why the newest attempt failed, or why none can begin. */
  readonly lastTrainingError: string | undefined;
  /** Whether training is due, and why or why not, in words. */
  readonly due: DueVerdict;
  /** What a person must mend before the key can be trained. */
  readonly trainerFault: { readonly message: string; readonly fix: string } | undefined;
}

export async function readTrainingStatus(
  { stores }: { readonly stores: Stores },
  known: {
    readonly key: ModelKey;
    readonly verdict: DueVerdict;
    readonly readiness: Readiness | undefined;
  },
): Promise<TrainingStatus> {
  const { key, verdict: due, readiness } = known;
  const newest = await stores.models.latest(key);
  const serving = await stores.models.findServing(key);
  const job = await stores.jobs.findOpen(key);
  const isTrained = serving !== undefined;
  const fault = findFault(readiness, key.bot);
  const isCoolingDown = due.status === 'not_due' && due.obstacle === 'cooldown';
  return {
    key,
    isTrained,
    isTraining: job?.status === 'running',
    trainingProgress: job?.progressPct ?? (isTrained ? 100 : 0),
    trainingStage: job?.stage,
    jobUid: job?.uid,
    isCooldownActive: isCoolingDown,
    nextRetryAt: fault === undefined ? nextRetryAt(due) : undefined,
    newest,
    lastTrainingError: fault === undefined ? failureOf(newest) : formatFault(fault),
    due,
    trainerFault: fault && { message: fault.message, fix: fault.fix },
  };
}

function nextRetryAt(due: DueVerdict): number | undefined {
  return due.status === 'not_due' ? due.nextRetryAt : undefined;
}

function formatFault({ message, fix }: { readonly message: string; readonly fix: string }): string {
  return `${message}; to mend it, ${fix}`;
}

/** Of the newest attempt only: a later success has mended an earlier error, and a rejection is none. */
function failureOf(newest: ModelRecord | undefined): string | undefined {
  return newest?.status === 'failed' ? newest.errorMessage : undefined;
}
