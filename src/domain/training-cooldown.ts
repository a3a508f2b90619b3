import type { ModelKey } from './model-key.js';
import { barIndex, barOpenTime, closeTimeOf, type Timeframe } from './timeframe.js';
import type { TrainingCooldown } from './training-job.js';
import type { Clock } from '../lib/clock.js';

interface CooldownOptions {
  /** Wall time. */
  readonly trainRetryCooldownSec: number;
  readonly rejectedRetryBars: number;
}

/** The wait after an attempt that failed. */
export function failureCooldown(
  key: ModelKey,
  reason: string,
  context: { readonly clock: Clock; readonly options: CooldownOptions },
): TrainingCooldown {
  const { clock, options } = context;
  const until = clock.wallMs() + options.trainRetryCooldownSec * 1000;
  return { ...toKey(key), kind: 'failure', until, notBeforeOpenTime: undefined, reason };
}

/** The wait after a failure that the data caused: the same candles would fail again, so new ones must come. */
export function dataCooldown(
  key: ModelKey,
  failure: { readonly reason: string; readonly lastOpenTime: number },
  context: { readonly clock: Clock; readonly options: CooldownOptions },
): TrainingCooldown {
  return { ...rejectionCooldown(key, failure, context), kind: 'failure' };
}

/** The wait after a rejection: the same data would be rejected again, so new candles must come too. */
export function rejectionCooldown(
  key: ModelKey,
  rejection: { readonly reason: string; readonly lastOpenTime: number },
  context: { readonly clock: Clock; readonly options: CooldownOptions },
): TrainingCooldown {
  const { rejectedRetryBars } = context.options;
  const lastIndex = barIndex(rejection.lastOpenTime, key.timeframe);
  return {
    ...failureCooldown(key, rejection.reason, context),
    kind: 'rejection',
    notBeforeOpenTime: barOpenTime(lastIndex + rejectedRetryBars, key.timeframe),
  };
}

/** How a cooldown stands now. */
export type CooldownState =
  | { readonly isActive: false }
  | {
      readonly isActive: true;
      /** In words, with all that is waited for: `cooldown after a failure: 4 min 10 s left`. */
      readonly words: string;
      /** Wall time at which the last wait ends, as far as can be known now. */
      readonly nextRetryAt: number;
    };

export interface Moment {
  readonly wallMs: number;
  readonly marketMs: number;
  /** Wall time until that market time; without it both clocks pass alike. */
  readonly wallMsUntil?: ((marketMs: number) => number) | undefined;
}

/** @param newestOpenTime open time of the newest stored candle, if any */
export function cooldownStateAt(
  cooldown: TrainingCooldown,
  now: Moment,
  newestOpenTime: number | undefined,
): CooldownState {
  const { notBeforeOpenTime, timeframe, kind, reason, until } = cooldown;
  const waits: string[] = [];
  let nextRetryAt = until;
  if (now.wallMs < until) waits.push(`${formatDuration(until - now.wallMs)} left`);
  if (notBeforeOpenTime !== undefined && (newestOpenTime ?? -1) < notBeforeOpenTime) {
    const missing = missingBars(notBeforeOpenTime, newestOpenTime, timeframe);
    waits.push(`${missing} more candles are awaited`);
    nextRetryAt = Math.max(until, wallTimeAt(closeTimeOf(notBeforeOpenTime, timeframe), now));
  }
  if (waits.length === 0) return { isActive: false };
  const words = `cooldown after a ${kind}: ${waits.join(' and ')} (${reason})`;
  return { isActive: true, words, nextRetryAt };
}

function wallTimeAt(marketMs: number, now: Moment): number {
  const waitMs = now.wallMsUntil?.(marketMs) ?? marketMs - now.marketMs;
  return now.wallMs + Math.ceil(Math.max(0, waitMs));
}

/** `2 h 3 min`, `4 min 10 s`, `9 s`: never 0, because something is left. */
export function formatDuration(durationMs: number): string {
  const seconds = Math.max(1, Math.ceil(durationMs / 1000));
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor((seconds % 3600) / 60), seconds % 60];
  if (h > 0) return `${h} h ${min} min`;
  return min > 0 ? `${min} min ${s} s` : `${s} s`;
}

function missingBars(
  notBeforeOpenTime: number,
  newestOpenTime: number | undefined,
  timeframe: Timeframe,
): number {
  return barIndex(notBeforeOpenTime, timeframe) - barIndex(newestOpenTime ?? 0, timeframe);
}

function toKey({ venue, symbol, timeframe, bot }: ModelKey): ModelKey {
  return { venue, symbol, timeframe, bot };
}
