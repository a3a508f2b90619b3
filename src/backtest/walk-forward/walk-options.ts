import type { RetrainInterval } from '../../domain/backtest-run.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { AgeLimits } from '../../models/trust.js';
import type { TrainingOptions } from '../../training/options/training-options.js';
import type { BarSpan, MarketHistory } from '../history/market-history.js';
import type { KeptPeriod } from './kept-period.js';
import type { WalkTrainer } from './walk-training.js';

export interface WalkForwardOptions {
  readonly retraining: RetrainInterval;
  /** Where predictions and trainings are kept: `DATA_DIR/backtests/predictions`. */
  readonly folder: string;
  /** Of one timeframe and one bot; its venue names the database's rows alone. */
  readonly training: TrainingOptions;
  readonly ageLimits: AgeLimits;
  readonly maxFileBytes: number;
  readonly spreadPct: number;
  readonly trainer: WalkTrainer;
  /** What a fit may use; one that failed for it is tried again with more. */
  readonly limits: { readonly memoryLimitMb: number; readonly jobTimeoutMs: number };
  /** Version of the program: another one may train other models. */
  readonly version: string;
  readonly clock: Clock;
  readonly onProgress?: ((progress: WalkProgress) => void) | undefined;
}

/** How far a walk is; told often. */
export interface WalkProgress {
  readonly dates: number;
  /** Dates that are done, kept ones included. */
  readonly done: number;
  readonly kept: number;
  /** Of the date under way, 0 to 1. */
  readonly share: number;
  /** The date that has just been done. */
  readonly ended: KeptPeriod | undefined;
}

export interface WalkRequest {
  readonly history: MarketHistory;
  readonly span: BarSpan;
  readonly options: WalkForwardOptions;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}
