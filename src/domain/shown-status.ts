import type { ModelRecord } from './model-record.js';

const HOUR_MS = 3_600_000;

/** Market age from which a model counts as stale: it still serves, and a retraining is due. */
export const STALE_AFTER_HOURS = 24;

export const SHOWN_STATUSES = ['Active', 'Stale', 'Failed', 'Archived'] as const;
export type ShownStatus = (typeof SHOWN_STATUSES)[number];

/** The colour in which each is shown, everywhere. */
export const STATUS_COLORS: Readonly<Record<ShownStatus, string>> = {
  Active: '#26a69a',
  Stale: '#ffa726',
  Failed: '#ef5350',
  Archived: '#666',
};

/** What a person is told of a record: only a model that serves is Active or Stale. */
export function shownStatus(
  { stage, status, trainedAt }: Pick<ModelRecord, 'stage' | 'status' | 'trainedAt'>,
  marketMs: number,
): ShownStatus {
  if (status === 'failed') return 'Failed';
  if (stage !== 'serving') return 'Archived';
  return marketMs - trainedAt < STALE_AFTER_HOURS * HOUR_MS ? 'Active' : 'Stale';
}
