import { availableParallelism } from 'node:os';
import path from 'node:path';
import type { Settings } from '../../config/settings.js';
import type { CollectorOptions } from '../collection/collector.js';
import { importFolders } from '../collection/files/import-record.js';
import { parseNamePattern } from '../collection/files/name-pattern.js';
import type { ModelKey } from '../domain/model-key.js';
import { timeframeMs, type Timeframe } from '../domain/timeframe.js';
import type { RetentionRules } from '../jobs/retention.js';
import type { WatchedFolderOptions } from '../jobs/watched-folder.js';
import type { LookalikesOptions } from '../lookalikes/lookalikes.js';
import type { LookalikePlaces } from '../lookalikes/worker/lookalike-protocol.js';
import type { PredictionCacheOptions } from '../models/prediction-cache.js';
import type { ServingModelsOptions } from '../models/serving-models.js';
import type { CandlePipelineOptions } from '../pipeline/candle-pipeline.js';
import { decisionLagMs, type TradingRules } from '../trading/trading-rules.js';
import { trainerCount } from '../training/options/trainer-count.js';
import type { TrainingOptions } from '../training/options/training-options.js';
import {
  findPython,
  trainerCommand,
  trainerDir,
} from '../training/trainer-process/python-command.js';
import type { TrainerProcessOptions } from '../training/trainer-process/trainer-process.js';
import type { Instruments } from './choose-instruments.js';
import { accountOf } from './open-live.js';
import type { Market } from './open-market.js';
import { PROJECT_DIR } from './project-dir.js';
import { toTradingRules } from './to-trading-rules.js';
import { toTrainingOptions } from './to-training-options.js';

const BYTES_PER_MB = 1024 * 1024;
const RECYCLE_AFTER_JOBS = 50;
/** Of a trainer's share of the memory limit: one that has held more is replaced, because it gives nothing back. */
const RECYCLE_MEMORY_SHARE = 0.85;
const CYCLES_A_DEMO_BAR = 4;
const MIN_CYCLE_MS = 500;

/** The options of every module, built once, as soon as the venue is known. */
export interface ModuleOptions {
  /** What trades: the default of calls that name no instrument. */
  readonly tradingKey: ModelKey;
  readonly cycleIntervalMs: number;
  readonly collection: Pick<
    CollectorOptions,
    'timeframes' | 'history' | 'quoteIntervalMs' | 'staleAfterBars' | 'pauseFile'
  >;
  readonly pipeline: Pick<
    CandlePipelineOptions,
    'bots' | 'referenceSymbol' | 'contextSymbols' | 'decisionLagMs' | 'marketSpeed'
  >;
  readonly serving: Pick<ServingModelsOptions, 'modelsDir' | 'ageLimits' | 'maxFileBytes'>;
  /** Undefined where the cache is turned off. */
  readonly predictionCache:
    | (Pick<PredictionCacheOptions, 'ttlHours' | 'maxEntries'> & { readonly path: string })
    | undefined;
  readonly trading: TradingRules;
  readonly training: TrainingOptions;
  readonly trainer: Pick<
    TrainerProcessOptions,
    'command' | 'cwd' | 'memoryLimitMb' | 'jobTimeoutMs' | 'recycleAfterJobs' | 'recycleAboveMb'
  > & {
    readonly python: string;
    /** Trainers side by side, which share the memory limit. */
    readonly count: number;
  };
  readonly retention: RetentionRules;
  readonly lookalikes: Omit<LookalikePlaces, 'location'> & Pick<LookalikesOptions, 'isAlways'>;
  /** Undefined where no folder of files is watched. */
  readonly watchedFolder:
    Pick<WatchedFolderOptions, 'folder' | 'parseName' | 'rejectsDir' | 'recordsDir'> | undefined;
}

export function toModuleOptions(
  settings: Settings,
  instruments: Instruments,
  market: Market,
): ModuleOptions {
  const training = toTrainingOptions(settings, instruments, market.data.venue);
  const trading = toTradingRules(settings, {
    venue: market.data.venue,
    account: accountOf(settings),
    currency: instruments.primary.quote,
    timeframe: instruments.tradeTimeframe,
    bot: instruments.tradeBot,
    marketSpeed: market.speed,
  });
  return {
    tradingKey: {
      venue: market.data.venue,
      symbol: instruments.primary.symbol,
      timeframe: instruments.tradeTimeframe,
      bot: instruments.tradeBot,
    },
    cycleIntervalMs: toCycleIntervalMs(settings, instruments.timeframes, market),
    collection: toCollectionOptions(settings, instruments.timeframes),
    pipeline: {
      bots: settings.bots,
      referenceSymbol: instruments.reference.symbol,
      contextSymbols: new Set(instruments.contextOnly.map(({ symbol }) => symbol)),
      decisionLagMs: (timeframe) => decisionLagMs({ ...trading, timeframe }),
      marketSpeed: market.speed,
    },
    serving: toServingOptions(settings, training),
    predictionCache: toPredictionCacheOptions(settings),
    trading,
    training,
    trainer: toTrainerOptions(settings),
    retention: toRetentionRules(settings),
    lookalikes: toLookalikeOptions(settings),
    watchedFolder: toWatchedFolderOptions(settings),
  };
}

/** Which models may serve, for the daemon and for a backtest. */
export function toServingOptions(
  settings: Settings,
  { modelsDir }: Pick<TrainingOptions, 'modelsDir'>,
): ModuleOptions['serving'] {
  const { modelStaleHours, modelMaxAgeHours, maxModelMb } = settings;
  return {
    modelsDir,
    ageLimits: { modelStaleHours, modelMaxAgeHours },
    maxFileBytes: maxModelMb * BYTES_PER_MB,
  };
}

/** How the trainer is started and what it may use, for the daemon and for a backtest. */
export function toTrainerOptions(settings: Settings): ModuleOptions['trainer'] {
  const python = findPython({ python: settings.python, projectDir: PROJECT_DIR });
  const { trainMemoryMb: memoryLimitMb } = settings;
  const count = trainerCount(settings.trainProcesses, {
    memoryLimitMb,
    cores: availableParallelism(),
    bots: settings.bots,
  });
  return {
    count,
    python,
    command: trainerCommand(python),
    cwd: trainerDir(PROJECT_DIR),
    memoryLimitMb,
    recycleAboveMb: (memoryLimitMb * RECYCLE_MEMORY_SHARE) / count,
    jobTimeoutMs: settings.trainJobTimeoutSec * 1000,
    recycleAfterJobs: RECYCLE_AFTER_JOBS,
  };
}

/** Collection as the settings want it, whether a daemon runs it or it runs alone. */
export function toCollectionOptions(
  settings: Settings,
  timeframes: readonly Timeframe[],
): ModuleOptions['collection'] {
  return {
    timeframes,
    history: { historyDays: settings.historyDays, trainMonthsBack: settings.trainMonthsBack },
    quoteIntervalMs: settings.analysisIntervalSec * 1000,
    staleAfterBars: settings.staleDataBars,
    pauseFile: settings.pauseCollectorFile,
  };
}

/** Wall time between two cycles. The demo's hours pass in seconds: its cycles keep step with its bars. */
export function toCycleIntervalMs(
  { analysisIntervalSec }: Pick<Settings, 'analysisIntervalSec'>,
  timeframes: readonly Timeframe[],
  { isDemo, speed }: Pick<Market, 'isDemo' | 'speed'>,
): number {
  const intervalMs = analysisIntervalSec * 1000;
  if (!isDemo) return intervalMs;
  const shortestBarMs = Math.min(...timeframes.map((timeframe) => timeframeMs(timeframe)));
  const demoMs = Math.max(MIN_CYCLE_MS, shortestBarMs / speed / CYCLES_A_DEMO_BAR);
  return Math.min(intervalMs, demoMs);
}

function toPredictionCacheOptions(settings: Settings): ModuleOptions['predictionCache'] {
  if (!settings.predictionCacheEnabled) return undefined;
  return {
    path: path.resolve(settings.dataDir, 'cache', 'predictions'),
    ttlHours: settings.predictionCacheTtlHours,
    maxEntries: settings.predictionCacheMaxEntries,
  };
}

function toLookalikeOptions(settings: Settings): ModuleOptions['lookalikes'] {
  const { dataDir, lookalikes, lookalikeWindows, vectorStore, qdrantUrl, qdrantApiKey } = settings;
  const isQdrant = vectorStore === 'qdrant' && qdrantUrl !== undefined;
  return {
    folder: path.resolve(dataDir, 'lookalikes'),
    maxRows: lookalikeWindows,
    isAlways: lookalikes === 'always',
    qdrant: isQdrant ? { url: qdrantUrl, apiKey: qdrantApiKey } : undefined,
  };
}

function toWatchedFolderOptions(settings: Settings): ModuleOptions['watchedFolder'] {
  const { csvDir, csvParseName, dataDir } = settings;
  if (csvDir === undefined) return undefined;
  const { records, rejects } = importFolders(dataDir);
  return {
    folder: path.resolve(csvDir),
    parseName: csvParseName === undefined ? undefined : parseNamePattern(csvParseName),
    rejectsDir: rejects,
    recordsDir: records,
  };
}

function toRetentionRules(settings: Settings): RetentionRules {
  return {
    pricesDays: settings.retentionPricesDays,
    candlesDays: settings.retentionCandlesDays,
    predictionsDays: settings.retentionPredictionsDays,
    signalsDays: settings.retentionSignalsDays,
    decisionsDays: settings.retentionDecisionsDays,
    equityDays: settings.retentionEquityDays,
    reconciliationsDays: settings.retentionReconciliationsDays,
    jobsDays: settings.retentionJobsDays,
    recordsDays: settings.retentionRecordsDays,
    runsDays: settings.retentionRunsDays,
    quarantineDays: settings.retentionQuarantineDays,
    importsDays: settings.retentionImportsDays,
  };
}
