import path from 'node:path';
import { parseNamePattern } from '../collection/files/name-pattern.js';
import { GLOBAL_SYMBOL } from '../domain/bots.js';
import type { Settings } from '../../config/settings.js';
import type { Collector } from '../collection/collector.js';
import { historyBars } from '../collection/history-depth.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { Signal } from '../domain/signal.js';
import type { Quote } from '../domain/quote.js';
import { CandlePipeline } from '../pipeline/candle-pipeline.js';
import { analysisCycle } from '../jobs/analysis-cycle.js';
import { ReferenceGate } from '../pipeline/reference-gate.js';
import { repeat } from '../jobs/repeat.js';
import { WatchedFolder } from '../jobs/watched-folder.js';
import { retention } from '../jobs/retention.js';
import { DisposalStack } from '../lib/disposal.js';
import type { Logger } from '../lib/logger.js';
import { removeArchived, removeUnfinished } from '../models/artifact-cleanup.js';
import { ModelRegistry } from '../models/model-registry.js';
import type { PredictionCache } from '../models/prediction-cache.js';
import { Predictor } from '../models/predictor.js';
import { ServingModels } from '../models/serving-models.js';
import { retireModel, swapModel, type SwapParts } from '../models/swap-model.js';
import type { LoopWatch } from '../monitoring/loop-watch.js';
import { OutcomeResolver } from '../signals/outcome-resolver.js';
import { PredictionBoard } from '../signals/prediction-board.js';
import { PredictionWarnings } from '../signals/prediction-warnings.js';
import { RecentBars } from '../signals/recent-bars.js';
import { SignalMaker } from '../signals/signal-maker.js';
import type { Database } from '../storage/database/database.js';
import { loadColumns } from '../storage/reader/load-columns.js';
import type { Stores } from '../storage/stores.js';
import { decisionLagMs } from '../trading/trading-rules.js';
import type { TradingService } from '../trading/trading-service.js';
import { instrumentKeys } from '../training/options/training-keys.js';
import type { TrainingService } from '../training/training-service.js';
import type { Instruments } from './choose-instruments.js';
import { createCollector } from './create-collector.js';
import { createTrainingService } from './create-training.js';
import type { Market } from './open-market.js';
import type { EventPublisher } from './event-publisher.js';
import { createPredictionCache, saidOf, toCached } from './prediction-parts.js';
import { retentionRules, tradingRules, trainingOptions } from './module-options.js';

const BYTES_PER_MB = 1024 * 1024;
const RETENTION_INTERVAL_MS = 3_600_000;

export interface WorkOptions {
  readonly settings: Settings;
  readonly market: Market;
  readonly instruments: Instruments;
  readonly database: Database;
  readonly stores: Stores;
  readonly trading: TradingService;
  readonly loopWatch: LoopWatch;
  readonly runUid: string;
  readonly publisher: EventPublisher;
  readonly trainerEnvironment: Readonly<Record<string, string>>;
  readonly logger: Logger;
}

/** The modules that may run in one daemon only: they begin when it holds the lease and end with it. */
export class Work {
  readonly collector: Collector;
  readonly training: TrainingService;
  readonly servingModels: ServingModels;
  readonly registry: ModelRegistry;
  readonly warnings: PredictionWarnings;
  /** Undefined where it is turned off. */
  readonly predictionCache: PredictionCache | undefined;
  readonly predictions: PredictionBoard;
  readonly #options: WorkOptions;
  readonly #stack: DisposalStack;
  readonly #stopping = new AbortController();
  readonly #predictor: Predictor;
  readonly #bars: RecentBars;
  readonly #decisions: CandlePipeline;

  constructor(options: WorkOptions) {
    const { stores, logger, market } = options;
    this.#options = options;
    this.#stack = new DisposalStack(logger);
    this.#bars = new RecentBars({
      series: stores.series,
      loadColumns: (id, range) => loadColumns(options.database, id, range),
    });
    this.warnings = new PredictionWarnings(logger);
    this.servingModels = createServingModels(options);
    this.#predictor = new Predictor({ clock: market.data.clock, logger });
    this.predictionCache = createPredictionCache(options.settings, { market, logger });
    this.predictions = this.#createBoard();
    this.collector = createCollector(options.settings, {
      ...{ marketData: market.data, stores, logger },
      symbols: [...options.instruments.all, ...options.instruments.contextOnly].map(
        ({ symbol }) => symbol,
      ),
      timeframes: options.instruments.timeframes,
    });
    this.registry = this.#createRegistry();
    this.#decisions = this.#createDecisions();
    this.training = this.#createTraining();
  }

  /** Starting is recovering: leftovers go, jobs of dead runs are taken up, missed candles are recorded. */
  async start(): Promise<void> {
    const { logger, market, stores } = this.#options;
    const { modelsDir } = trainingOptions(this.#options.settings, this.#options);
    await removeUnfinished({ modelsDir, logger });
    await removeArchived({ modelsDir, models: stores.models, logger }, market.data.venue);
    this.#stack.use('predictor', this.#predictor).start();
    if (this.predictionCache !== undefined) {
      await this.#stack.use('prediction cache', this.predictionCache).start();
    }
    this.#stack.defer('decisions', () => this.#decisions.stop());
    await this.#stack.use('training', this.training).start();
    this.#stack.use('collection', this.collector).start();
    this.#stack.defer('analysis cycle', this.#repeatCycle());
    this.#stack.defer('retention', this.#repeatRetention());
    this.#stack.defer('files', this.#repeatFiles());
  }

  async stop(): Promise<void> {
    this.#stopping.abort(new Error('The daemon stops'));
    await this.#stack.stop();
  }

  #createDecisions(): CandlePipeline {
    const { settings, market, instruments, stores, trading, logger } = this.#options;
    const { clock } = market.data;
    const rules = tradingRules(settings, this.#options);
    const decisions = new CandlePipeline({
      bots: settings.bots,
      referenceSymbol: instruments.reference.symbol,
      contextSymbols: new Set(instruments.contextOnly.map(({ symbol }) => symbol)),
      findHorizonBars: (signal) => this.#findHorizonBars(signal),
      signals: new SignalMaker({
        stores,
        ...{ bars: this.#bars, servingModels: this.servingModels, predictor: this.#predictor },
        ...{ warnings: this.warnings, clock },
        onPredicted: (prediction) => this.predictionCache?.put(toCached(prediction)),
      }),
      ...{ trading, stores, clock, logger, bars: this.#bars, gate: new ReferenceGate(clock) },
      refreshQuotes: async () => {
        await this.collector.quotes.refresh();
      },
      decisionLagMs: (timeframe) => decisionLagMs({ ...rules, timeframe }),
      marketSpeed: market.speed,
      signal: this.#stopping.signal,
      onSignal: (signal) => this.#options.publisher.signal(signal),
    });
    this.collector.subscribe({
      seriesReady: (series) => {
        decisions.seriesReady(series);
        this.#planOnceReady();
      },
      closedCandles: (series, candles) => decisions.closedCandles(series, candles),
      revised: (series) => {
        decisions.revised(series);
        this.predictionCache?.drop(saidOf(series, instruments.reference.symbol));
      },
      quotes: (quotes) => this.#passQuotes(quotes),
    });
    return decisions;
  }

  #createBoard(): PredictionBoard {
    const { stores, market, settings } = this.#options;
    const rules = tradingRules(settings, this.#options);
    return new PredictionBoard({
      ...{ cache: this.predictionCache, bars: this.#bars, servingModels: this.servingModels },
      ...{ predictor: this.#predictor, stores, clock: market.data.clock },
      lagMs: (timeframe) => decisionLagMs({ ...rules, timeframe }),
    });
  }

  #createRegistry(): ModelRegistry {
    const { settings, market, stores, logger } = this.#options;
    const { modelsDir } = trainingOptions(settings, this.#options);
    return new ModelRegistry({
      ...{ stores, modelsDir, clock: market.data.clock, logger },
      maxFileBytes: settings.maxModelMb * BYTES_PER_MB,
      prepare: (model) => this.#predictor.prepare(model),
      onCleared: async (key, records) => {
        this.servingModels.invalidate(key);
        for (const { uid } of records) await retireModel(uid, this.#swapParts());
      },
      onServing: (record) => this.#servePromoted(record),
    });
  }

  #createTraining(): TrainingService {
    const { logger, publisher } = this.#options;
    return createTrainingService(this.#options, {
      pregeneration: {
        pregenerate: async (keys, life) => {
          const { unavailable } = await this.predictions.pregenerate(keys, life);
          if (unavailable > 0) logger.info('Not every prediction could be made', { unavailable });
        },
      },
      findArtefactFault: (record) => this.servingModels.findDamage(record),
      events: {
        ...publisher.training,
        onPromoted: (record) => {
          publisher.training.onPromoted(record);
          this.#servePromoted(record).catch((error: unknown) => {
            logger.error('A promoted model does not serve yet', { error });
          });
        },
      },
    });
  }

  /** As far as the model looked that made the signal; the fallback has no horizon of its own. */
  async #findHorizonBars(signal: Signal): Promise<number> {
    const choice = await this.servingModels.find(signal);
    const record = choice.status === 'trusted' ? choice.model.record : choice.record;
    const isItsModel = signal.source === 'model' && record?.uid === signal.modelUid;
    return isItsModel ? record.horizonBars : this.#options.settings.labelHorizonBars;
  }

  /** The newest candle is looked at once more by the model that serves now. */
  async #servePromoted(record: ModelRecord): Promise<void> {
    await swapModel(record, this.#swapParts());
    const { symbol, timeframe } = record;
    for (const series of this.collector.series) {
      const isServed = series.symbol === symbol || symbol === GLOBAL_SYMBOL;
      if (!isServed || series.timeframe !== timeframe || series.venue !== record.venue) continue;
      this.#decisions.promoted({ ...record, symbol: series.symbol }, series);
    }
  }

  #swapParts(): SwapParts {
    const { servingModels, predictionCache: cache } = this;
    return { servingModels, cache, predictor: this.#predictor };
  }

  /** @returns what ends it */
  #repeatCycle(): () => Promise<void> {
    const { settings, market, stores, logger, loopWatch } = this.#options;
    const { clock } = market.data;
    const resolver = new OutcomeResolver({
      ...{ stores, bars: this.#bars, clock },
      fallbackHorizonBars: settings.labelHorizonBars,
    });
    const cycle = analysisCycle({
      keys: instrumentKeys(trainingOptions(settings, this.#options)),
      ...{ training: this.training, decisions: this.#decisions, resolver, loopWatch },
    });
    const intervalMs = cycleIntervalMs(settings, market);
    const { signal } = this.#stopping;
    const running = repeat({ name: 'analysis cycle', intervalMs, clock, logger, signal }, cycle);
    return () => running;
  }

  /** @returns what ends it */
  #repeatRetention(): () => Promise<void> {
    const { settings, market, stores, logger } = this.#options;
    const { venue, clock } = market.data;
    const job = retention({
      rules: retentionRules(settings),
      neededBars: (timeframe) => historyBars(timeframe, settings),
      ...{ venue, stores, clock, logger },
    });
    const { signal } = this.#stopping;
    const intervalMs = RETENTION_INTERVAL_MS;
    const running = repeat({ name: 'retention', intervalMs, clock, logger, signal }, job);
    return () => running;
  }

  /** @returns what ends it */
  #repeatFiles(): () => Promise<void> {
    const { settings, market, stores, logger } = this.#options;
    const { csvDir, csvParseName, dataDir, analysisIntervalSec } = settings;
    if (csvDir === undefined) return () => Promise.resolve();
    const { clock } = market.data;
    const folder = new WatchedFolder({
      folder: path.resolve(csvDir),
      parseName: csvParseName === undefined ? undefined : parseNamePattern(csvParseName),
      rejectsDir: path.resolve(dataDir, 'rejects'),
      ...{ stores, clock, logger },
    });
    const { signal } = this.#stopping;
    const intervalMs = analysisIntervalSec * 1000;
    const running = repeat({ name: 'files', intervalMs, clock, logger, signal }, async () => {
      await folder.poll(signal);
    });
    return () => running;
  }

  /** A newcomer's first model does not wait for the next cycle, which may be a minute away. */
  #planOnceReady(): void {
    const { seriesReady, seriesTotal } = this.collector.status().progress;
    if (seriesReady < seriesTotal) return;
    this.training.planDue().catch((error: unknown) => {
      this.#options.logger.warn('Training could not be planned yet', { error });
    });
  }

  #passQuotes(quotes: readonly Quote[]): void {
    const { trading, logger } = this.#options;
    trading.onQuotes(quotes).catch((error: unknown) => {
      logger.error('Quotes could not be acted on', { error });
    });
  }
}

/** The demo's hours pass in seconds, and its cycles keep step. */
export function cycleIntervalMs(settings: Settings, market: Market): number {
  const intervalMs = settings.analysisIntervalSec * 1000;
  return market.isDemo ? Math.min(intervalMs, DEMO_CYCLE_MS) : intervalMs;
}

const DEMO_CYCLE_MS = 2500;

function createServingModels({
  settings,
  market,
  instruments,
  stores,
  logger,
}: WorkOptions): ServingModels {
  const { modelsDir } = trainingOptions(settings, { market, instruments });
  return new ServingModels({
    ...{ models: stores.models, cooldowns: stores.cooldowns, modelsDir },
    itemAttributes: stores.itemAttributes,
    ageLimits: settings,
    maxFileBytes: settings.maxModelMb * BYTES_PER_MB,
    ...{ clock: market.data.clock, logger },
  });
}
