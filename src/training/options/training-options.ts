import type { PromotionGate } from '../../domain/model-record.js';
import type { Timeframe } from '../../domain/timeframe.js';
import type { CronRule } from '../../lib/cron.js';
import type { ClassWeightMode } from '../../domain/class-weights.js';
import type { DeepOptions } from './bot-params.js';
import type { CatBoostParams } from '../trainer-process/trainer-job.js';

/** What training is told. Names follow the settings; units last. */
export interface TrainingOptions {
  readonly venue: string;
  readonly symbols: readonly string[];
  readonly primarySymbol: string;
  /** Market whose bars are context for the features; undefined for none. */
  readonly referenceSymbol: string | undefined;
  readonly timeframes: readonly Timeframe[];
  readonly bots: readonly string[];
  readonly historyDays: number | 'auto';
  readonly trainMonthsBack: number;
  readonly labelHorizonBars: number;
  readonly embargoBars: number | 'auto';
  /** Percentages of train, validation and test. */
  readonly trainSplit: readonly [number, number, number];
  readonly minInitialTrainSamples: number;
  readonly minRfeSamples: number;
  readonly maxBaselineFeatures: number;
  /** Candidate features; the catalogue's `CANDIDATE_FEATURES` where undefined. */
  readonly candidateFeatures?: readonly string[] | undefined;
  readonly classWeights: ClassWeightMode;
  readonly promotionGate: PromotionGate;
  readonly championMinRows: number;
  /** Wall time. */
  readonly trainRetryCooldownSec: number;
  readonly rejectedRetryBars: number;
  /** Market time. */
  readonly modelStaleHours: number;
  /** Market time. */
  readonly modelMaxAgeHours: number;
  readonly modelVersionsKept: number;
  readonly maxModelMb: number;
  /** Most that one row may take inside the model. */
  readonly maxLatencyMs: number;
  /** Share of a trade's value that the venue takes. */
  readonly feeRate: number;
  readonly catboost: CatBoostParams;
  /** How deep bots are fitted; the defaults where undefined. */
  readonly deep?: DeepOptions | undefined;
  readonly pooling: 'on' | 'off';
  readonly poolMinInstruments: number;
  readonly poolMaxRows: number;
  /** Instruments of a batch. */
  readonly batchSize: number;
  /** How serving models are continued; the defaults where undefined. */
  readonly increment?: IncrementOptions | undefined;
  /** When models are retrained and continued, by market time; undefined switches it off. */
  readonly schedules?:
    | { readonly full?: CronRule | undefined; readonly incremental?: CronRule | undefined }
    | undefined;
  /** When a model counts as drifted; not looked at where undefined. */
  readonly drift?: DriftOptions | undefined;
  /** While it exists no job begins; undefined for none. */
  readonly pauseFile?: string | undefined;
  readonly trainSeed: number;
  readonly modelsDir: string;
  /** Folder for feature files while a job runs. */
  readonly workDir: string;
}

/** How serving models are continued. */
export interface IncrementOptions {
  /** Newest bars on which a model is continued and judged. */
  readonly windowBars: number;
  /** Trees that one increment adds. */
  readonly iterations: number;
  /** Least new candles for an increment. */
  readonly minNewBars: number;
  /** Increments in a row, and trees, after which a full fit replaces the next increment. */
  readonly maxIncrements: number;
  readonly maxTrees: number;
}

/** As the settings have them. Few trees: the same window is learnt again every few hours (docs/pooling.md). */
export const DEFAULT_INCREMENT: IncrementOptions = {
  windowBars: 1000,
  iterations: 5,
  minNewBars: 4,
  maxIncrements: 28,
  maxTrees: 1000,
};

/** When a serving model counts as drifted, and what follows. */
export interface DriftOptions {
  /** Market time between two checks of a key. */
  readonly checkHours: number;
  /** Newest bars that are compared with the rows of the fit. */
  readonly windowBars: number;
  /** Population stability index of the median feature above which a model has drifted. */
  readonly psi: number;
  /** Least signals with a known outcome for a live score. */
  readonly minSignals: number;
  /** Whether a model that has drifted is retrained. */
  readonly isRetraining: boolean;
  /** Market time between two trainings for that reason. */
  readonly retrainHours: number;
}
