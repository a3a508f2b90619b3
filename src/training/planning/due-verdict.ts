import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import type { ModelRecord } from '../../domain/model-record.js';
import type { TrainingCooldown, TrainingJob } from '../../domain/training-job.js';
import { cooldownStateAt, durationWords, type Moment } from '../../domain/training-cooldown.js';
import { judgeTrust, toServingFacts, type AgeLimits } from '../../models/trust.js';
import type { HistoryState } from './training-history.js';

/** Why a key wants a model trained. */
export type TrainingCause =
  'untrained' | 'rejected' | 'features_changed' | 'damaged' | 'expired' | 'stale';

/** What is known of one key when it is asked whether it is due. */
export interface KeyFacts {
  readonly key: ModelKey;
  readonly serving: ModelRecord | undefined;
  /** Newest record of any stage. */
  readonly latest: ModelRecord | undefined;
  readonly cooldown: TrainingCooldown | undefined;
  /** Pending or running. */
  readonly openJob: TrainingJob | undefined;
  /** What is wrong with the serving model's files, if anything. */
  readonly damage: string | undefined;
  readonly history: HistoryState;
}

/** Whether a key is due, with the reason in words either way. */
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
      /** What would make it due but for the reason; undefined when its model is fresh. */
      readonly cause: TrainingCause | undefined;
      readonly reason: string;
      readonly obstacle: Obstacle;
      /** Wall time, where a time is known. */
      readonly nextRetryAt: number | undefined;
    };

/** What stands against training a key now; `fresh`: nothing has to be done. */
export type Obstacle = 'fresh' | 'open_job' | 'cooldown' | 'history';

interface Cause {
  readonly cause: TrainingCause;
  readonly words: string;
}

/** Cheap questions first: the caller may leave facts of later ones out until they are asked. */
export function judgeDue(facts: KeyFacts, limits: AgeLimits, now: Moment): DueVerdict {
  const { key, openJob, cooldown, history } = facts;
  const found = findCause(facts, limits, now.marketMs);
  if (found === undefined)
    return notDue(key, undefined, { obstacle: 'fresh', reason: 'the model is fresh' });
  if (openJob !== undefined) {
    const reason = `a job is ${openJob.status}`;
    return notDue(key, found.cause, { obstacle: 'open_job', reason });
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
    return notDue(key, found.cause, { obstacle: 'history', reason });
  }
  return { status: 'due', key, cause: found.cause, reason: found.words };
}

/** Why the key wants training, whatever stands against it. */
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
    record === undefined ? '' : `the model is ${durationWords(marketMs - record.trainedAt)} old`;
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
export function dueWords(verdict: DueVerdict): string {
  const cause = verdict.cause === undefined ? '' : `${verdict.cause}, `;
  return `${modelKeyText(verdict.key)}: ${cause}${verdict.reason}`;
}

function notDue(
  key: ModelKey,
  cause: TrainingCause | undefined,
  why: { readonly obstacle: Obstacle; readonly reason: string; readonly nextRetryAt?: number },
): DueVerdict {
  return { status: 'not_due', key, cause, nextRetryAt: undefined, ...why };
}
