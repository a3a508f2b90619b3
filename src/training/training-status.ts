import type { ModelKey } from '../domain/model-key.js';
import type { ModelRecord, SanitizationRecord, Verdict } from '../domain/model-record.js';
import type { Stores } from '../storage/stores.js';
import type { DueVerdict } from './planning/due-verdict.js';
import type { Readiness } from './trainer-process/trainer-readiness.js';

/** Looked through for one that was judged: failures may have come after it. */
const NEWEST_RECORDS = 10;

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
  /** Market time of the newest attempt that brought a model, promoted or not. */
  readonly lastTrainingTime: number | undefined;
  readonly samplesInLastTrain: number | undefined;
  readonly classDistribution: readonly [number, number, number] | undefined;
  readonly classWeights: readonly [number, number, number] | undefined;
  readonly isCooldownActive: boolean;
  /** Wall time. */
  readonly nextRetryAt: number | undefined;
  readonly lastTrainingError: string | undefined;
  readonly sanitization: SanitizationRecord | undefined;
  readonly verdict: Verdict | undefined;
  /** Whether training is due, and why or why not, in words. */
  readonly due: DueVerdict;
  /** What a person must mend before anything can be trained. */
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
  const { venue, symbol, timeframe, bot } = key;
  const page = { limit: NEWEST_RECORDS, offset: 0 };
  const { rows } = await stores.models.list({ venue, symbol, timeframe, bot }, page);
  const serving = await stores.models.findServing(key);
  const job = await stores.jobs.findOpen(key);
  const newest = rows[0];
  const judged = rows.find((row) => row.testScore !== undefined) ?? serving;
  const isTrained = serving !== undefined;
  const isBlocked = readiness?.status === 'not_ready';
  const isCoolingDown = due.status === 'not_due' && due.obstacle === 'cooldown';
  return {
    key,
    isTrained,
    isTraining: job?.status === 'running',
    trainingProgress: job?.progressPct ?? (isTrained ? 100 : 0),
    trainingStage: job?.stage,
    jobUid: job?.uid,
    lastTrainingTime: judged?.trainedAt,
    samplesInLastTrain: judged?.dataPointsUsed,
    classDistribution: judged?.classDistribution,
    classWeights: judged === undefined ? undefined : (judged.classWeights ?? [1, 1, 1]),
    isCooldownActive: isCoolingDown || isBlocked,
    nextRetryAt: isBlocked ? readiness.nextCheckAt : nextRetryAt(due),
    lastTrainingError: isBlocked ? blockedWords(readiness) : errorOf(newest),
    sanitization: judged?.sanitization,
    verdict: judged?.verdict,
    due,
    trainerFault: isBlocked ? { message: readiness.message, fix: readiness.fix } : undefined,
  };
}

function nextRetryAt(due: DueVerdict): number | undefined {
  return due.status === 'not_due' ? due.nextRetryAt : undefined;
}

function blockedWords({ message, fix }: Extract<Readiness, { status: 'not_ready' }>): string {
  return `${message}; to mend it, ${fix}`;
}

/** Of the newest attempt only: an error that a later success has mended is none. */
function errorOf(newest: ModelRecord | undefined): string | undefined {
  if (newest?.stage === 'rejected') return `rejected: ${newest.verdict?.reason ?? ''}`;
  return newest?.errorMessage;
}
