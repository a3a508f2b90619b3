import path from 'node:path';
import type { Settings } from '../../config/settings.js';
import { Money } from '../domain/money.js';
import type { RetentionRules } from '../jobs/retention.js';
import type { DatabaseLocation, SqliteLocation } from '../storage/connection/location.js';
import type { TradingRules } from '../trading/trading-rules.js';
import { toCatBoostParams } from '../training/options/bot-params.js';
import type { TrainingOptions } from '../training/options/training-options.js';
import type { Instruments } from './choose-instruments.js';
import type { Market } from './open-market.js';

/** The options of each module, from the settings. */

export const PAPER_ACCOUNT = 'paper';
const DEFAULT_COOLDOWN_SEC = 600;
const MAX_LATENCY_MS = 50;
const DEFAULT_BATCH_SIZE = 25;

export function sqliteLocation(settings: Settings): SqliteLocation {
  const file = settings.sqliteFile ?? path.join(settings.dataDir, 'evenkeel.sqlite');
  return { engine: 'sqlite', file };
}

export function databaseLocation(settings: Settings): DatabaseLocation {
  const { mysqlHost, mysqlUser, mysqlPassword, mysqlDb } = settings;
  if (!settings.mysqlEnabled) return sqliteLocation(settings);
  return {
    engine: 'mysql',
    // Reading the settings has made sure that these are given.
    host: mysqlHost ?? '',
    user: mysqlUser ?? '',
    password: mysqlPassword ?? '',
    database: mysqlDb ?? '',
    port: settings.mysqlPort,
    charset: settings.mysqlCharset,
    timezone: settings.mysqlTimezone,
    marketDataTable: settings.mysqlMarketDataTable,
    poolSize: settings.mysqlPoolSize,
  };
}

export function retentionRules(settings: Settings): RetentionRules {
  return {
    pricesDays: settings.retentionPricesDays,
    candlesDays: settings.retentionCandlesDays,
    predictionsDays: settings.retentionPredictionsDays,
    signalsDays: settings.retentionSignalsDays,
    decisionsDays: settings.retentionDecisionsDays,
    jobsDays: settings.retentionJobsDays,
    runsDays: settings.retentionRunsDays,
    quarantineDays: settings.retentionQuarantineDays,
  };
}

export function modelsDir(settings: Settings): string {
  return path.resolve(settings.modelsDir ?? path.join(settings.dataDir, 'models'));
}

export function cooldownSec(settings: Settings): number {
  const { trainRetryCooldownSec, trainRetryCooldownMin } = settings;
  if (trainRetryCooldownSec !== undefined) return trainRetryCooldownSec;
  return trainRetryCooldownMin === undefined ? DEFAULT_COOLDOWN_SEC : trainRetryCooldownMin * 60;
}

function batchSize({ trainBatchSize, trainingBatchSize }: Settings): number {
  return Math.round(trainBatchSize ?? trainingBatchSize ?? DEFAULT_BATCH_SIZE);
}

export function tradingRules(
  settings: Settings,
  { market, instruments }: { readonly market: Market; readonly instruments: Instruments },
): TradingRules {
  return {
    venue: market.data.venue,
    account: PAPER_ACCOUNT,
    currency: instruments.primary.quote,
    timeframe: instruments.tradeTimeframe,
    bot: instruments.tradeBot,
    paperEquity: new Money(settings.paperEquity),
    positionFraction: new Money(settings.positionFraction),
    feeRate: new Money(settings.feeRate),
    stopLossPct: settings.stopLossPct,
    takeProfitPct: settings.takeProfitPct,
    maxHoldBars: settings.maxHoldBars,
    minEdgeCosts: settings.minEdgeCosts,
    maxDecisionLagSec: settings.maxDecisionLagSec,
    marketSpeed: market.speed,
    allowFallbackExecution: settings.allowFallbackExecution,
    minModelConfidence: settings.minModelConfidence,
    minFallbackConfidence: settings.minFallbackConfidence,
  };
}

export function trainingOptions(
  settings: Settings,
  { market, instruments }: { readonly market: Market; readonly instruments: Instruments },
): TrainingOptions {
  return {
    venue: market.data.venue,
    symbols: instruments.all.map(({ symbol }) => symbol),
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
    modelsDir: modelsDir(settings),
    workDir: path.resolve(settings.dataDir, 'work'),
  };
}

function schedules(settings: Settings): TrainingOptions['schedules'] {
  const { scheduleTz: timeZone } = settings;
  const ruleOf = (isEnabled: boolean, expression: string) =>
    isEnabled ? { expression, timeZone } : undefined;
  return {
    full: ruleOf(settings.fullRetrainEnabled, settings.fullRetrainSchedule),
    incremental: ruleOf(settings.incrementalEnabled, settings.incrementalSchedule),
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
