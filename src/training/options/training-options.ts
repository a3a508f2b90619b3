import { modelKeyFor, GLOBAL_SYMBOL } from '../../domain/bots.js';
import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import type { PromotionGate } from '../../domain/model-record.js';
import type { Timeframe } from '../../domain/timeframe.js';
import type { CronRule } from '../../lib/cron.js';
import type { ClassWeightMode } from '../../domain/class-weights.js';
import type { DriftOptions } from './drift-options.js';
import type { IncrementOptions } from './increment-options.js';
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
  readonly pooling: 'on' | 'off';
  readonly poolMinInstruments: number;
  readonly poolMaxRows: number;
  /** Instruments of a batch. */
  readonly batchSize: number;
  /** How serving models are continued; the defaults where undefined. */
  readonly increment?: IncrementOptions | undefined;
  /** When models are trained anew and continued, by market time; what is missing is switched off. */
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

/** Every key that is to have a model: one for all instruments where the bot pools them. */
export function trainingKeys(options: TrainingOptions): readonly ModelKey[] {
  const keys = instrumentKeys(options).map((key) => modelKeyFor(key));
  return [...new Map(keys.map((key) => [modelKeyText(key), key])).values()];
}

/** What names the instruments. */
export type InstrumentOptions = Pick<
  TrainingOptions,
  'venue' | 'symbols' | 'primarySymbol' | 'timeframes' | 'bots'
>;

/** The instruments that these models speak for: a global one for each that is traded. */
export function spokenFor(
  models: readonly ModelKey[],
  options: InstrumentOptions,
): readonly ModelKey[] {
  const instruments = instrumentKeys(options);
  return models.flatMap((model) => {
    if (model.symbol !== GLOBAL_SYMBOL) return [model];
    const text = modelKeyText(model);
    return instruments.filter((key) => modelKeyText(modelKeyFor(key)) === text);
  });
}

/** Every key that has signals, the primary symbol's first: it trades and is the reference. */
export function instrumentKeys(options: InstrumentOptions): readonly ModelKey[] {
  const { venue, symbols, primarySymbol, timeframes, bots } = options;
  const others = symbols.filter((symbol) => symbol !== primarySymbol);
  const ordered = symbols.includes(primarySymbol) ? [primarySymbol, ...others] : others;
  return ordered.flatMap((symbol) =>
    timeframes.flatMap((timeframe) => bots.map((bot) => ({ venue, symbol, timeframe, bot }))),
  );
}
