import type { Settings } from '../../config/settings.js';
import type { ExperimentDetailAnswer } from '../api/contract/experiments.js';
import type { ChildEnvironments } from '../lib/child-environments.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { TrainProgress } from './train-options.js';

export interface ExperimentOptions {
  readonly settings: Settings;
  /** The body of `POST /api/experiments`, or the id of one that there is. */
  readonly asked: { readonly body: object } | { readonly id: string };
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly childEnvironments: ChildEnvironments;
  /**
   * Ends the command gracefully; what is scored stays stored. Where another process's daemon trains, a reason whose
   * `cause` is `SIGINT` cancels the rest there; any other leaves it to it.
   */
  readonly signal: AbortSignal;
  readonly onProgress: (progress: TrainProgress) => void;
}

export interface ExperimentEnd {
  readonly status: 'done' | 'stopped';
  /** As it was last seen; undefined where it was stopped before there was one. */
  readonly experiment: ExperimentDetailAnswer | undefined;
  /** What becomes of it, for one that was stopped. */
  readonly line: string;
  readonly left: readonly string[];
}
