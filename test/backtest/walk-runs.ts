import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import path from 'node:path';
import type { MarketHistory } from '../../src/backtest/history/market-history.js';
import {
  planHistory,
  runBacktest,
  type Backtest,
  type BacktestRequest,
} from '../../src/backtest/run-backtest.js';
import type { WalkForwardOptions } from '../../src/backtest/walk-forward/walk-options.js';
import type { RetrainInterval } from '../../src/domain/backtest-run.js';
import type { Candle } from '../../src/domain/candle.js';
import { CATALOGUE } from '../../src/features/catalogue.js';
import { SystemClock } from '../../src/lib/clock.js';
import { DEFAULT_CATBOOST_PARAMS } from '../../src/training/options/bot-params.js';
import type { TrainingOptions } from '../../src/training/options/training-options.js';
import { failed } from '../../src/training/trainer-process/trainer-outcome.js';
import type { TrainerProcess } from '../../src/training/trainer-process/trainer-process.js';
import { checkRealPython, createTrainer, PYTHON } from '../trainer/real-trainer.js';
import { plantedCandles } from '../training/planted-candles.js';
import { historyOf, RULES } from './backtest-runs.js';

export const HOUR_MS = 3_600_000;
/** Open time of the first bar of the whole histories. */
export const BEGIN = Date.UTC(2024, 0, 1);
/** Enough to see momentum, few enough to be quick. */
const FEW_FEATURES = CATALOGUE.map(({ name }) => name).filter((name) =>
  /^(log_return|scaled_return|range_position)_/.test(name),
);

export interface Planted {
  readonly symbols: number;
  readonly bars: number;
  readonly momentum: number;
  readonly seed?: number;
}

/** Markets with a momentum that is known. */
export function plantedHistory({ symbols, bars, momentum, seed = 1 }: Planted): MarketHistory {
  const candlesOf: Record<string, readonly Candle[]> = {};
  for (let number = 0; number < symbols; number++) {
    const lastOpenTime = BEGIN + (bars - 1) * HOUR_MS;
    const options = { bars, lastOpenTime, seed: 100 * seed + number, momentum };
    // Deep enough that the volume share is no limit.
    candlesOf[`S${number}/USDT`] = plantedCandles(options).map((candle) => ({
      ...candle,
      volume: 1000 * candle.volume,
    }));
  }
  return historyOf(candlesOf);
}

export interface WalkSettings {
  /** Of the database, the models and the kept predictions. */
  readonly folder: string;
  readonly retraining?: RetrainInterval;
  readonly changes?: Partial<TrainingOptions>;
  /** Counts the jobs that the trainer is given. */
  readonly jobs?: { count: number };
  /** Whether the trainer is lost over the job of that number, from 1. */
  readonly isLost?: (job: number) => boolean;
  readonly onProgress?: WalkForwardOptions['onProgress'];
}

export function walkOptions(history: MarketHistory, settings: WalkSettings): WalkForwardOptions {
  const { folder, retraining = '7d', onProgress } = settings;
  return {
    retraining,
    folder: path.join(folder, 'predictions'),
    training: { ...quickOptions(history), ...settings.changes },
    ageLimits: { modelStaleHours: 24, modelMaxAgeHours: 168 },
    maxFileBytes: 20_000_000,
    spreadPct: 0.02,
    trainer: {
      python: PYTHON,
      createTrainer: (clock) => watched(createTrainer({ clock }), settings),
      checkPython: checkRealPython,
      workerEnvironment: {},
    },
    limits: { memoryLimitMb: 400, jobTimeoutMs: 300_000 },
    version: 'test',
    clock: new SystemClock(),
    onProgress,
  };
}

function watched(
  trainer: TrainerProcess,
  { jobs = { count: 0 }, isLost = () => false }: WalkSettings,
): Pick<TrainerProcess, 'run' | 'stop'> {
  return {
    run: (job, options) => {
      jobs.count += 1;
      if (isLost(jobs.count)) return Promise.resolve(failed('hung', 'it was not ready'));
      return trainer.run(job, options);
    },
    stop: () => trainer.stop(),
  };
}

function quickOptions({ symbols, timeframe }: MarketHistory): TrainingOptions {
  const names = symbols.map(({ instrument }) => instrument.symbol);
  const primarySymbol = names[0] ?? '';
  return {
    venue: 'backtest',
    symbols: names,
    primarySymbol,
    referenceSymbol: primarySymbol,
    timeframes: [timeframe],
    bots: [RULES.bot],
    historyDays: 40,
    trainMonthsBack: 6,
    labelHorizonBars: 4,
    embargoBars: 'auto',
    trainSplit: [70, 15, 15],
    minInitialTrainSamples: 400,
    minRfeSamples: 150,
    maxBaselineFeatures: 120,
    candidateFeatures: FEW_FEATURES,
    classWeights: 'auto',
    promotionGate: 'baseline',
    championMinRows: 100,
    trainRetryCooldownSec: 600,
    rejectedRetryBars: 24,
    modelStaleHours: 24,
    modelMaxAgeHours: 168,
    modelVersionsKept: 2,
    maxModelMb: 20,
    maxLatencyMs: 50,
    feeRate: 0.001,
    catboost: { ...DEFAULT_CATBOOST_PARAMS, iterations: 40, learningRate: 0.1 },
    pooling: 'on',
    poolMinInstruments: 3,
    poolMaxRows: 100_000,
    batchSize: 25,
    trainSeed: 42,
    modelsDir: '',
    workDir: '',
  };
}

interface Asked {
  readonly fromMs?: number;
  readonly toMs?: number;
}

/** A whole run of models; the span begins after the training window of the first date. */
export async function backtestModels(
  history: MarketHistory,
  settings: WalkSettings,
  { fromMs, toMs, ...request }: Partial<BacktestRequest> & Asked = {},
): Promise<Backtest> {
  const backtest = await runBacktest({
    ...planHistory(history, { fromMs, toMs }),
    rules: { ...RULES, allowFallbackExecution: false },
    spreadPct: 0.02,
    slippagePct: 0,
    volumeShare: 0.1,
    horizonBars: 4,
    earlierSharpes: [],
    models: walkOptions(history, settings),
    logger: SILENT_LOGGER,
    signal: new AbortController().signal,
    ...request,
  });
  if (backtest.status === 'stopped') throw new Error('stopped');
  return backtest;
}
