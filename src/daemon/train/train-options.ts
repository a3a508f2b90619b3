import type { Settings } from '../../../config/settings.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';

export type TrainMode = 'incremental' | 'full' | 'sample';

/** So many instruments make a sample. */
export const SAMPLE_INSTRUMENTS = 50;

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
  readonly clock: Clock;
  readonly logger: Logger;
  /** The whole environment of the processes that train. */
  readonly trainerEnvironment: Readonly<Record<string, string>>;
  /**
   * Ends training gracefully; the session and its ended jobs stay stored. Where a daemon trains, a reason
   * whose `cause` is `SIGINT` (a person's Ctrl+C) cancels the session there; any other leaves it to the daemon.
   */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TrainProgress) => void;
}

export interface TrainProgress {
  /** Who trains: this process, or one that it only watches. */
  readonly by: 'this process' | 'the daemon';
  /** `running`, `paused`, and so on, of the queue; `paused` also where only the session is. */
  readonly state: string;
  /** Who pauses, in words. */
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
  readonly sessionUid: string;
  readonly failed: number;
  /** The line that says how it went, or what becomes of what was stopped. */
  readonly line: string;
  /** What was asked for and is not trained, each with the reason. */
  readonly left: readonly string[];
}
