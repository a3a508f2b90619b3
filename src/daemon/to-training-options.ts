import path from 'node:path';
import type { Settings } from '../../config/settings.js';
import { candidatesOf } from '../features/catalogue.js';
import { toCatBoostParams } from '../training/options/bot-params.js';
import { assertReachableSamples } from '../training/dataset/training-window.js';
import type { TrainingOptions } from '../training/options/training-options.js';
import type { Instruments } from './choose-instruments.js';

const DEFAULT_COOLDOWN_SEC = 600;
const MAX_LATENCY_MS = 50;
const DEFAULT_BATCH_SIZE = 25;

/** What training is told, for the daemon and for a backtest. */
export function toTrainingOptions(
  settings: Settings,
  instruments: Pick<Instruments, 'all' | 'primary' | 'reference' | 'timeframes'>,
  venue: string,
): TrainingOptions {
  const { timeframes } = instruments;
  assertReachableSamples({ ...settings, timeframes });
  return {
    venue,
    // Coins are listed and delisted while the daemon runs.
    get symbols() {
      return instruments.all.map(({ symbol }) => symbol);
    },
    primarySymbol: instruments.primary.symbol,
    referenceSymbol: instruments.reference.symbol,
    timeframes: instruments.timeframes,
    bots: settings.bots,
    historyDays: settings.historyDays,
    trainMonthsBack: settings.trainMonthsBack,
    labelHorizonBars: settings.labelHorizonBars,
    embargoBars: settings.embargoBars,
    trainSplit: settings.trainSplit,
    minInitialTrainSamples: settings.minInitialTrainSamples,
    minRfeSamples: settings.minRfeSamples,
    maxBaselineFeatures: settings.maxBaselineFeatures,
    candidateFeatures: candidatesOf(settings.featureGroups),
    classWeights: settings.classWeights,
    promotionGate:
      settings.promotionGate ?? (settings.tradingMode === 'live' ? 'strict' : 'baseline'),
    championMinRows: settings.championMinRows,
    trainRetryCooldownSec: cooldownSec(settings),
    rejectedRetryBars: settings.rejectedRetryBars,
    modelStaleHours: settings.modelStaleHours,
    modelMaxAgeHours: settings.modelMaxAgeHours,
    modelVersionsKept: settings.modelVersionsKept,
    maxModelMb: settings.maxModelMb,
    maxLatencyMs: MAX_LATENCY_MS,
    feeRate: settings.feeRate,
    pooling: settings.pooling,
    poolMinInstruments: settings.poolMinInstruments,
    poolMaxRows: settings.poolMaxRows,
    catboost: catboostParams(settings),
    deep: {
      epochs: settings.trainEpochs,
      incrementalEpochs: settings.incrementalEpochs,
      device: settings.trainDevice,
    },
    batchSize: batchSize(settings),
    increment: {
      windowBars: settings.incrementalWindowBars,
      iterations: settings.incrementalIterations,
      minNewBars: settings.incrementalMinNewBars,
      maxIncrements: settings.incrementalMaxIncrements,
      maxTrees: settings.incrementalMaxTrees,
    },
    schedules: schedules(settings),
    drift: {
      checkHours: settings.driftCheckHours,
      windowBars: settings.driftWindowBars,
      psi: settings.driftPsi,
      minSignals: settings.driftMinSignals,
      isRetraining: settings.driftRetrain,
      retrainHours: settings.driftRetrainHours,
    },
    pauseFile: settings.pauseFile,
    trainSeed: settings.trainSeed,
    ...trainingFolders(settings),
  };
}

function schedules(settings: Settings): TrainingOptions['schedules'] {
  const { scheduleTz: timeZone } = settings;
  const ruleFor = (isEnabled: boolean, expression: string) =>
    isEnabled ? { expression, timeZone } : undefined;
  return {
    full: ruleFor(settings.fullRetrainEnabled, settings.fullRetrainSchedule),
    incremental: ruleFor(settings.incrementalEnabled, settings.incrementalSchedule),
  };
}

function catboostParams(settings: Settings): TrainingOptions['catboost'] {
  return toCatBoostParams({
    iterations: settings.catboostIterations,
    depth: settings.catboostDepth,
    learningRate: settings.catboostLearningRate,
    l2LeafReg: settings.catboostL2LeafReg,
    rsm: settings.catboostRsm,
    bootstrapType: settings.catboostBootstrapType,
    subsample: settings.catboostSubsample,
    borderCount: settings.catboostBorderCount,
    earlyStoppingRounds: settings.catboostEarlyStoppingRounds,
  });
}

/** Where models lie, and where jobs have their files. */
export function trainingFolders({
  dataDir,
  modelsDir,
}: Settings): Pick<TrainingOptions, 'modelsDir' | 'workDir'> {
  return {
    modelsDir: path.resolve(modelsDir ?? path.join(dataDir, 'models')),
    workDir: path.resolve(dataDir, 'work'),
  };
}

function cooldownSec(settings: Settings): number {
  const { trainRetryCooldownSec, trainRetryCooldownMin } = settings;
  if (trainRetryCooldownSec !== undefined) return trainRetryCooldownSec;
  return trainRetryCooldownMin === undefined ? DEFAULT_COOLDOWN_SEC : trainRetryCooldownMin * 60;
}

function batchSize({ trainBatchSize, trainingBatchSize }: Settings): number {
  return Math.round(trainBatchSize ?? trainingBatchSize ?? DEFAULT_BATCH_SIZE);
}
