import { isStale, type ModelRecord } from './model-record.js';

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
  record: Pick<ModelRecord, 'stage' | 'status' | 'trainedAt'>,
  now: { readonly marketMs: number; readonly staleHours: number },
): ShownStatus {
  if (record.status === 'failed') return 'Failed';
  if (record.stage !== 'serving') return 'Archived';
  return isStale(record, now) ? 'Stale' : 'Active';
}
