import type { ModelKey } from './model-key.js';

export const SESSION_KINDS = [
  'initial',
  'manual',
  'auto',
  'incremental',
  'full',
  'retry',
  'embedding',
  'experiment',
] as const;

export type SessionKind = (typeof SESSION_KINDS)[number];

export type JobStatus = 'pending' | 'running' | 'completed' | 'failed' | 'cancelled';

export type SessionStatus = 'pending' | 'running' | 'paused' | 'completed' | 'failed' | 'cancelled';

/** Whether nothing of the session is left to be done. */
export function isSessionOver(status: SessionStatus): boolean {
  return status === 'completed' || status === 'failed' || status === 'cancelled';
}

/** Who goes first: what a person asks for, schedules, requests without a priority, housekeeping. */
export const PRIORITIES = ['training-high', 'training-normal', 'default', 'training-low'] as const;

export type Priority = (typeof PRIORITIES)[number];

/** `incremental`: a few more trees or epochs for the model that serves, on the newest candles. */
export type TrainingMode = 'full' | 'incremental';

/** A job goes before one of the next higher priority once it has waited that much longer. */
const PRIORITY_STEP_MS = 24 * 3_600_000;
/** Sessions take turns by batches: a later one is not kept waiting for the whole of an earlier one. */
const BATCH_STEP_MS = 3_600_000;

/** Of the waiting jobs the one with the smallest turn is next. No job waits for ever behind others. */
export function queueRank({
  queuedAt,
  priority,
  batch,
}: Pick<TrainingJob, 'queuedAt' | 'priority' | 'batch'>): number {
  return queuedAt + PRIORITIES.indexOf(priority) * PRIORITY_STEP_MS + (batch - 1) * BATCH_STEP_MS;
}

/** How much later than by its rank a job is due for a worker that takes the priorities in an order of its own. */
export function rankShift(priority: Priority, order: readonly Priority[]): number {
  return (order.indexOf(priority) - PRIORITIES.indexOf(priority)) * PRIORITY_STEP_MS;
}

export function isHigher(priority: Priority, than: Priority): boolean {
  return PRIORITIES.indexOf(priority) < PRIORITIES.indexOf(than);
}

/** A request to train or embed something: one or more jobs. */
export interface TrainingSession {
  readonly uid: string;
  readonly kind: SessionKind;
  readonly name: string;
  readonly config: Readonly<Record<string, unknown>>;
  /** As it was last set; that its jobs have all ended is seen from them. */
  readonly status: SessionStatus;
  readonly priority: Priority;
  /** Instruments of one batch. */
  readonly batchSize: number;
  /** Jobs of other sessions that were open already when this one asked for the same key. */
  readonly joinedJobs: readonly string[] | undefined;
  readonly createdAt: number;
}

/** What a person wants of a venue's whole queue; kept over restarts. */
export interface TrainingControl {
  readonly isPaused: boolean;
  /** Nothing is queued by itself and nothing begins until it is resumed. */
  readonly isStopped: boolean;
}

/** One attempt to train the model of one key, or to embed the windows of one series. Times are wall times. */
export interface TrainingJob extends ModelKey {
  readonly uid: string;
  readonly sessionUid: string;
  readonly status: JobStatus;
  /** Why the job was made: `untrained`, `expired`, `stale`, `features_changed`. */
  readonly cause: string;
  readonly mode: TrainingMode;
  /** Of a job of an experiment or shadow: how it is trained. Its model never serves by itself. */
  readonly trialUid: string | undefined;
  readonly priority: Priority;
  /** Which part of its session, from 1. */
  readonly batch: number;
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
  /** SHA-256 of the windows that the job computed, where it embedded a series. */
  readonly embeddingChecksum: string | undefined;
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
