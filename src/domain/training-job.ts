import type { ModelKey } from './model-key.js';

export const SESSION_KINDS = ['initial', 'manual', 'auto', 'incremental', 'full', 'retry'] as const;

export type SessionKind = (typeof SESSION_KINDS)[number];

export type JobStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';

/** A request to train something: one or more jobs. */
export interface TrainingSession {
  readonly uid: string;
  readonly kind: SessionKind;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  readonly createdAt: number;
}

/** One attempt to train the model of one key. Times are wall times. */
export interface TrainingJob extends ModelKey {
  readonly uid: string;
  readonly sessionUid: string;
  readonly status: JobStatus;
  /** Why the job was made: `untrained`, `expired`, `stale`, `features_changed`. */
  readonly cause: string;
  readonly attempt: number;
  /** Uid of the run of the daemon that works on it. */
  readonly ownerRunUid: string | undefined;
  readonly stage: string | undefined;
  readonly progressPct: number;
  readonly queuedAt: number;
  readonly startedAt: number | undefined;
  readonly finishedAt: number | undefined;
  readonly errorCode: string | undefined;
  readonly errorMessage: string | undefined;
  readonly modelUid: string | undefined;
}

/** What remains of a job for later: enough to say how a model came to be, or why it did not. */
export interface TrainingEvidence {
  readonly uid: string;
  readonly jobUid: string;
  readonly modelUid: string | undefined;
  readonly modelName: string;
  readonly modelVersion: string | undefined;
  readonly device: string;
  readonly processingTimeMs: number;
  readonly artifactSha256: string | undefined;
  readonly dataFrom: number | undefined;
  readonly dataTo: number | undefined;
  readonly dataHash: string | undefined;
  readonly libraryVersions: Readonly<Record<string, string>>;
  readonly seed: number | undefined;
  readonly error: string | undefined;
  /** Wall time. */
  readonly createdAt: number;
}

/** Until when a key is not trained again: a failure or a rejection came before. */
export interface TrainingCooldown extends ModelKey {
  readonly kind: 'failure' | 'rejection';
  /** Wall time. */
  readonly until: number;
  /** After a rejection: the first candle open time that makes another attempt worthwhile. */
  readonly notBeforeOpenTime: number | undefined;
  readonly reason: string;
}
