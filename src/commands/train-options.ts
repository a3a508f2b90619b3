import type { ChildEnvironments } from '../lib/child-environments.js';
import type { Settings } from '../../config/settings.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';

export type TrainMode = 'incremental' | 'full' | 'sample';

export interface TrainOptions {
  /** With symbols, timeframes, bots, batch size and pause file as they were asked for. */
  readonly settings: Settings;
  /** What was asked for by name: a daemon that is joined trains the rest by its own settings. */
  readonly asked: {
    readonly symbols?: readonly string[] | undefined;
    readonly timeframes?: readonly string[] | undefined;
    readonly bots?: readonly string[] | undefined;
    readonly batchSize?: number | undefined;
    readonly pauseFile?: string | undefined;
  };
  readonly mode: TrainMode;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly childEnvironments: ChildEnvironments;
  /**
   * Ends training gracefully; the session and its ended jobs stay stored. Where another process's daemon
   * trains, a reason whose `cause` is `SIGINT` cancels the session there; any other leaves it to it.
   */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TrainProgress) => void;
}

export interface TrainProgress {
  /** Who trains: this process, or one that it only watches. */
  readonly by: 'this process' | 'the daemon';
  /** `running`, `paused`, and so on, of the queue; `paused` also where only the session is. */
  readonly state: string;
  /** Who pauses, as shown to a person. */
  readonly pausedBy: readonly string[];
  readonly percentage: number;
  /** Jobs that have ended, and all. */
  readonly current: number;
  readonly total: number;
  readonly failed: number;
  readonly etaSec: number | undefined;
  /** The job under way. */
  readonly job:
    { readonly name: string; readonly stage: string; readonly percent: number } | undefined;
}

export interface TrainEnd {
  readonly status: 'done' | 'stopped';
  /** Undefined where it was stopped before there was one. */
  readonly sessionUid: string | undefined;
  readonly failed: number;
  /** The line that says how it went, or what becomes of what was stopped. */
  readonly line: string;
  /** What was asked for and is not trained, each with the reason. */
  readonly left: readonly string[];
}
