import type { Settings } from '../../../config/settings.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';

export interface CollectOptions {
  /** With symbols, timeframes and pause file as they were asked for. */
  readonly settings: Settings;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether to end once everything is up to date. */
  readonly isOnce: boolean;
  /** Ends collection gracefully; what is stored stays. */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: CollectProgress) => void;
}

export interface CollectProgress {
  /** Who collects: this process, or one that it only watches. */
  readonly by: 'this process' | 'the daemon';
  /** `backfilling`, `following`, `paused`, and so on. */
  readonly state: string;
  readonly seriesReady: number;
  readonly seriesTotal: number;
  readonly barsDone: number;
  readonly barsWanted: number;
  readonly percentage: number;
}

export interface CollectEnd {
  readonly status: 'up-to-date' | 'stopped';
  /** What was asked for and is not collected, each with the reason. */
  readonly left: readonly string[];
}

/** `changed-hands`: whoever collected has ended, so that everything is decided anew. */
export type CollectOutcome = CollectEnd | { readonly status: 'changed-hands' };
