import type { TrainingJob } from '../../domain/training-job.js';
import type { Versioned } from '../connection/row.js';
import { number, optional, rowCodec, text } from '../rows/row-codec.js';

export type StoredJob = Versioned<TrainingJob>;

/** A training job as the table holds it. */
export const JOB = rowCodec<StoredJob>({
  id: number(),
  uid: text(),
  venue: text(),
  symbol: text(),
  timeframe: text(),
  bot: text(),
  sessionUid: text(),
  status: text(),
  cause: text(),
  mode: text(),
  trialUid: optional(text()),
  priority: text(),
  batch: number(),
  attempt: number(),
  ownerRunUid: optional(text()),
  stage: optional(text()),
  progressPct: number(),
  queuedAt: number(),
  startedAt: optional(number()),
  finishedAt: optional(number()),
  errorCode: optional(text()),
  errorMessage: optional(text()),
  modelUid: optional(text()),
  rowVersion: number(),
  createdAt: number(),
});
