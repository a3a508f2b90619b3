import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import type { ModelRecord } from '../../domain/model-record.js';
import type { TrainingCooldown, TrainingJob } from '../../domain/training-job.js';
import { cooldownStateAt, formatDuration, type Moment } from '../../domain/training-cooldown.js';
import { judgeTrust, toServingFacts, type AgeLimits } from '../../models/trust.js';
import type { HistoryState } from './training-history.js';

/** Why a key needs training. */
export type TrainingCause =
  'untrained' | 'rejected' | 'features_changed' | 'damaged' | 'expired' | 'stale';

/** What the verdict on one key rests on. */
export interface KeyFacts {
  readonly key: ModelKey;
  readonly serving: ModelRecord | undefined;
  /** Newest record of any stage. */
  readonly latest: ModelRecord | undefined;
  readonly cooldown: TrainingCooldown | undefined;
  /** Pending or running. */
  readonly openJob: TrainingJob | undefined;
  /** Whether a trained model waits until its files are fetched from the artifact store. */
  readonly isAwaited: boolean;
  /** Whether a person has pinned the serving model. */
  readonly isPinned: boolean;
  /** What is wrong with the serving model's files, if anything. */
  readonly damage: string | undefined;
  readonly history: HistoryState;
}

/** Whether a key is due, with the reason as text either way. */
export type DueVerdict =
  | {
      readonly status: 'due';
      readonly key: ModelKey;
      readonly cause: TrainingCause;
      readonly reason: string;
    }
  | {
      readonly status: 'not_due';
      readonly key: ModelKey;
      /** Why it would be due without the obstacle; undefined when its model is fresh. */
      readonly cause: TrainingCause | undefined;
      readonly reason: string;
      readonly obstacle: Obstacle;
      /** Wall time, where a time is known. */
      readonly nextRetryAt: number | undefined;
      /** Usable candles so far, where history is waited for. */
      readonly samples?: number | undefined;
    };

/** Why a key cannot be trained now; `fresh`: its model needs no training. */
export type Obstacle = 'fresh' | 'open_job' | 'pinned' | 'cooldown' | 'history';

interface Cause {
  readonly cause: TrainingCause;
  readonly words: string;
}

/** Asks cheap questions first; the caller may leave out facts that only later questions need. */
export function judgeDue(facts: KeyFacts, limits: AgeLimits, now: Moment): DueVerdict {
  const { key, openJob, cooldown, history } = facts;
  const found = findCause(facts, limits, now.marketMs);
  if (found === undefined)
    return notDue(key, undefined, { obstacle: 'fresh', reason: 'the model is fresh' });
  if (openJob !== undefined) {
    const reason = openJobReason(openJob);
    return notDue(key, found.cause, { obstacle: 'open_job', reason });
  }
  if (facts.isAwaited) {
    const reason = 'a trained model waits until it is fetched from the artifact store';
    return notDue(key, found.cause, { obstacle: 'open_job', reason });
  }
  if (facts.isPinned) {
    return notDue(key, found.cause, { obstacle: 'pinned', reason: PINNED_REASON });
  }
  if (cooldown !== undefined) {
    const state = cooldownStateAt(cooldown, now, history.newestOpenTime);
    if (state.isActive) {
      const { words: reason, nextRetryAt } = state;
      return notDue(key, found.cause, { obstacle: 'cooldown', reason, nextRetryAt });
    }
  }
  if (history.shortage !== undefined) {
    const reason = `waiting for history: ${history.shortage}`;
    const { samples } = history;
    return notDue(key, found.cause, { obstacle: 'history', reason, samples });
  }
  return { status: 'due', key, cause: found.cause, reason: found.words };
}

/** What passes the gate is refused while the pin is there: training by itself would be in vain each time. */
export const PINNED_REASON =
  'pinned: nothing replaces the model until the pin is taken off; what a person asks for is trained';

export function openJobReason({ status }: Pick<TrainingJob, 'status'>): string {
  return `a job is ${status}`;
}

/** Why the key needs training, apart from any obstacle. */
export function findCause(
  facts: Pick<KeyFacts, 'serving' | 'latest' | 'damage'>,
  limits: AgeLimits,
  marketMs: number,
): Cause | undefined {
  // A cooldown only delays: it is asked about after the cause is known.
  const { latest, damage } = facts;
  const serving = facts.serving === undefined ? undefined : toServingFacts(facts.serving, damage);
  const now = { wallMs: 0, marketMs };
  const trust = judgeTrust({ serving, latest, cooldown: undefined }, limits, now);
  const { record } = trust;
  const words =
    record === undefined ? '' : `the model is ${formatDuration(marketMs - record.trainedAt)} old`;
  if (trust.status === 'trusted') return trust.isStale ? { cause: 'stale', words } : undefined;
  switch (trust.reason) {
    case 'expired':
      return { cause: 'expired', words };
    case 'features_changed':
      return { cause: 'features_changed', words: trust.detail };
    case 'inference_error':
      return { cause: 'damaged', words: trust.detail };
    case 'rejected':
      return { cause: 'rejected', words: `the last model was rejected: ${trust.detail}` };
    case 'untrained':
    case 'cooldown':
      return { cause: 'untrained', words: 'no model serves' };
  }
}

/** One line for the log: `demo BTC/USDT 1h catboost: untrained, waiting for history: …`. */
export function formatDue(verdict: DueVerdict): string {
  const cause = verdict.cause === undefined ? '' : `${verdict.cause}, `;
  return `${modelKeyText(verdict.key)}: ${cause}${verdict.reason}`;
}

function notDue(
  key: ModelKey,
  cause: TrainingCause | undefined,
  why: {
    readonly obstacle: Obstacle;
    readonly reason: string;
    readonly nextRetryAt?: number;
    readonly samples?: number;
  },
): DueVerdict {
  return { status: 'not_due', key, cause, nextRetryAt: undefined, ...why };
}
