import type { ChildEnvironments } from '../lib/child-environments.js';
import { Collector } from '../collection/collector.js';
import { GLOBAL_SYMBOL } from '../domain/bots.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { Quote } from '../domain/market.js';
import { moveVarianceOf, spreadOf } from '../domain/move-variance.js';
import type { Signal } from '../domain/signal.js';
import { startJobs } from '../jobs/repeat.js';
import { WatchedFolder } from '../jobs/watched-folder.js';
import type { Clock } from '../lib/clock.js';
import type { DisposalStack } from '../lib/disposal.js';
import type { Logger } from '../lib/logger.js';
import { GUARD } from '../monitoring/fault-board.js';
import { removeArchived, removeUnfinished } from '../models/artifact-cleanup.js';
import { isBasedOn, toCachedPrediction } from '../models/cached-prediction.js';
import { ModelRegistry } from '../models/model-registry.js';
import { PredictionCache } from '../models/prediction-cache.js';
import { PredictionFile } from '../models/prediction-file.js';
import { ServingModels } from '../models/serving-models.js';
import type { Lookalikes } from '../lookalikes/lookalikes.js';
import { retireModel, swapModel } from '../models/swap-model.js';
import { CandlePipeline } from '../pipeline/candle-pipeline.js';
import { LatestPredictions } from '../signals/latest-predictions.js';
import { PredictionWarnings } from '../signals/prediction-warnings.js';
import { RecentBars } from '../signals/recent-bars.js';
import { ShadowAnswers } from '../signals/shadow-answers.js';
import { SignalMaker } from '../signals/signal-maker.js';
import { loadColumns } from '../storage/reader/load-columns.js';
import type { SignalContext } from '../trading/signal-context.js';
import type { TrainingService } from '../training/training-service.js';
import { createJobs } from './create-jobs.js';
import { createLookalikes } from './create-lookalikes.js';
import { createTraining, type TrainingTools } from './create-training.js';
import type { Active, Connected } from './phases.js';
import type { ReplaceableParts } from './replaceable-parts.js';

export interface ActiveTools {
  /** Receives what is started, and ends it in reverse. */
  readonly stack: DisposalStack;
  /** Aborts when the lease is lost or the daemon stops. */
  readonly signal: AbortSignal;
  readonly parts: ReplaceableParts;
  readonly childEnvironments: ChildEnvironments;
}

export interface AssembledWork {
  readonly active: Active;
  /** Starting is recovering: leftovers go, jobs of dead runs are taken up, missed candles are recorded. */
  start(): Promise<void>;
}

/** What one daemon at a time may run, wired but not started yet. */
export function assembleWork(connected: Connected, tools: ActiveTools): AssembledWork {
  const { market, stores, options, logger, trading, quietTurns: turns } = connected;
  const serving = createServing(connected, tools);
  const collector = new Collector({
    ...options.collection,
    symbols: connected.instruments.collected,
    heldSymbols: () => trading.heldSymbols(),
    marketData: market.data,
    stores,
    logger,
    turns,
  });
  const pipeline = createPipeline(connected, tools, { serving, collector });
  const serve = (record: ModelRecord): Promise<void> =>
    serveModel(record, { serving, collector, pipeline });
  const registry = createRegistry(connected, serving, serve);
  const { lookalikes, lane } = createLookalikes(connected, () => training);
  const training: TrainingService = createTraining(connected, {
    ...tools,
    otherLanes: [lane],
    serving: servingOf(connected, serving, serve),
  });
  const watchedFolder = createWatchedFolder(connected);
  const moving: MovingParts = {
    collector,
    pipeline,
    training,
    serving,
    watchedFolder,
    lookalikes,
  };
  followMarket(connected, moving);
  return {
    active: { ...connected, ...serving, ...moving, registry },
    start: () => start(connected, tools, moving),
  };
}

interface MovingParts {
  readonly collector: Collector;
  readonly pipeline: CandlePipeline;
  readonly training: TrainingService;
  readonly serving: Serving;
  readonly lookalikes: Lookalikes;
  readonly watchedFolder: WatchedFolder | undefined;
}

/** The life of a candle: a closed candle → its signal → the decision, which trading makes and acts on. */
function createPipeline(
  connected: Connected,
  { signal }: ActiveTools,
  { serving, collector }: Pick<MovingParts, 'serving' | 'collector'>,
): CandlePipeline {
  const { market, stores, options, logger, trading, publisher } = connected;
  const { bars, servingModels, predictor, predictionCache, warnings, shadowAnswers } = serving;
  const { clock } = market.data;
  return new CandlePipeline({
    ...options.pipeline,
    bars,
    signals: new SignalMaker({
      stores,
      bars,
      servingModels,
      predictor,
      warnings,
      clock,
      onPredicted: (prediction) => predictionCache?.put(toCachedPrediction(prediction)),
    }),
    trading,
    stores,
    findContext: (made) => findContext(made, connected, servingModels),
    refreshQuotes: async (ending) => {
      await collector.quotes.refresh(undefined, ending);
    },
    clock,
    logger,
    signal,
    onSignal: (made) => {
      publisher.signal(made);
      shadowAnswers.onSignal(made);
    },
  });
}

/** What collection stores goes to the pipeline, and its prices to trading. */
function followMarket(
  connected: Connected,
  { collector, pipeline, training, serving, lookalikes }: MovingParts,
): void {
  const { referenceSymbol } = connected.options.pipeline;
  collector.subscribe({
    closedCandles: (series, candles) => {
      pipeline.closedCandles(series, candles);
      lookalikes.closed(series);
    },
    seriesReady: (series) => {
      pipeline.seriesReady(series);
      lookalikes.ready();
      planOnceReady(collector, training, connected);
    },
    revised: (series, fromOpenTime) => {
      pipeline.revised(series);
      lookalikes.revised(series, fromOpenTime);
      serving.predictionCache?.drop(isBasedOn(series, referenceSymbol));
    },
    quotes: (quotes) => passQuotes(quotes, connected),
  });
}

async function start(
  connected: Connected,
  { stack, signal }: ActiveTools,
  moving: MovingParts,
): Promise<void> {
  const { collector, pipeline, training, serving, lookalikes } = moving;
  const { market, logger, faults } = connected;
  const { predictor, predictionCache, bars } = serving;
  await removeLeftovers(connected);
  stack.use('predictor', predictor).start();
  if (predictionCache !== undefined) await stack.use('prediction cache', predictionCache).start();
  stack.use('shadow models', serving.shadowAnswers);
  stack.use('candle pipeline', pipeline);
  stack.use('look-alikes', lookalikes);
  await stack.use('training', training).start();
  stack.defer('guard', () => faults.succeeded(GUARD));
  stack.use('collection', collector).start();
  const jobs = createJobs(connected, moving, bars);
  stack.defer('jobs', startJobs(jobs, { clock: market.data.clock, logger, signal, faults }));
}

type Serving = ReturnType<typeof createServing>;

/** Which model serves a key, and what it predicts. */
function createServing(
  { market, stores, database, options, logger, artifacts }: Connected,
  { parts }: ActiveTools,
) {
  const { clock } = market.data;
  const bars = new RecentBars({
    series: stores.series,
    loadColumns: (id, range) => loadColumns(database, id, range),
  });
  const predictor = parts.createPredictor({ clock, logger });
  const servingModels = new ServingModels({
    ...options.serving,
    artifacts: artifacts?.models,
    models: stores.models,
    cooldowns: stores.cooldowns,
    itemAttributes: stores.itemAttributes,
    clock,
    logger,
  });
  const predictionCache = createPredictionCache(options.predictionCache, { clock, logger });
  const predictions = new LatestPredictions({
    cache: predictionCache,
    bars,
    servingModels,
    predictor,
    stores,
    clock,
    lagMs: options.pipeline.decisionLagMs,
  });
  const warnings = new PredictionWarnings(logger);
  const shadowAnswers = new ShadowAnswers({
    ...options.serving,
    shadows: stores.shadows,
    artifacts: artifacts?.models,
    bars,
    predictor,
    clock,
    logger,
  });
  return {
    bars,
    predictor,
    servingModels,
    predictionCache,
    predictions,
    warnings,
    shadowAnswers,
  };
}

function createPredictionCache(
  options: Connected['options']['predictionCache'],
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): PredictionCache | undefined {
  if (options === undefined) return undefined;
  const { path: file, ttlHours, maxEntries } = options;
  return new PredictionCache({
    file: new PredictionFile({ file, logger }),
    clock,
    ttlHours,
    maxEntries,
  });
}

function createRegistry(
  { stores, market, options, logger, artifacts }: Connected,
  { predictor, servingModels, predictionCache: cache }: Serving,
  serve: (record: ModelRecord) => Promise<void>,
): ModelRegistry {
  const { modelsDir, maxFileBytes } = options.serving;
  return new ModelRegistry({
    stores,
    artifacts: artifacts?.models,
    modelsDir,
    maxFileBytes,
    clock: market.data.clock,
    logger,
    prepare: (model) => predictor.prepare(model),
    onServing: serve,
    onCleared: async (key, records) => {
      servingModels.invalidate(key);
      for (const { uid } of records) await retireModel(uid, { predictor, cache });
    },
  });
}

/** What training needs of a daemon that serves its models. */
function servingOf(
  { logger, publisher }: Connected,
  { servingModels, predictions }: Serving,
  serve: (record: ModelRecord) => Promise<void>,
): TrainingTools['serving'] {
  return {
    findArtefactFault: (record) => servingModels.findDamage(record),
    pregeneration: {
      pregenerate: async (keys, life) => {
        const { unavailable } = await predictions.pregenerate(keys, life);
        if (unavailable > 0) logger.info('Not every prediction could be made', { unavailable });
      },
    },
    events: {
      ...publisher.training,
      onPromoted: (record) => {
        publisher.training.onPromoted(record);
        serve(record).catch((error: unknown) => {
          logger.error('A promoted model does not serve yet', { error });
        });
      },
    },
  };
}

/** A model begins to serve: the newest candles are decided once more, by it. */
async function serveModel(
  record: ModelRecord,
  {
    serving,
    collector,
    pipeline,
  }: {
    readonly serving: Serving;
    readonly collector: Collector;
    readonly pipeline: CandlePipeline;
  },
): Promise<void> {
  const { servingModels, predictor, predictionCache: cache } = serving;
  await swapModel(record, { servingModels, predictor, cache });
  const { venue, symbol, timeframe } = record;
  for (const series of collector.series) {
    const isServed = series.symbol === symbol || symbol === GLOBAL_SYMBOL;
    if (!isServed || series.timeframe !== timeframe || series.venue !== venue) continue;
    pipeline.promoted({ ...record, symbol: series.symbol }, series);
  }
}

/** As far ahead as the model looked that made the signal; the fallback has no horizon of its own. */
async function findContext(
  signal: Signal,
  { settings }: Connected,
  servingModels: ServingModels,
): Promise<SignalContext> {
  const { record } = await servingModels.find(signal);
  if (signal.source === 'fallback' || record?.uid !== signal.modelUid) {
    return { horizonBars: settings.labelHorizonBars };
  }
  const moveVariance = moveVarianceOf(spreadOf(record), signal.probabilities);
  return { horizonBars: record.horizonBars, moveVariance };
}

async function removeLeftovers(connected: Connected): Promise<void> {
  const { market, stores, options, logger, settings, wallClock: clock } = connected;
  const { modelsDir } = options.training;
  const longestMs = settings.trainJobTimeoutSec * 1000;
  const changedBefore = settings.queue === 'redis' ? clock.wallMs() - longestMs : undefined;
  await removeUnfinished({ modelsDir, logger, changedBefore });
  await removeArchived({ modelsDir, models: stores.models, logger }, market.data.venue);
}

/** A newcomer's first model does not wait for the next cycle, which may be a minute away. */
function planOnceReady(
  collector: Collector,
  training: TrainingService,
  { logger }: Connected,
): void {
  const { seriesReady, seriesTotal } = collector.status().progress;
  if (seriesReady < seriesTotal) return;
  training.planDue().catch((error: unknown) => {
    logger.warn('Training could not be planned yet', { error });
  });
}

function createWatchedFolder({
  market,
  stores,
  options,
  logger,
}: Connected): WatchedFolder | undefined {
  if (options.watchedFolder === undefined) return undefined;
  const { clock } = market.data;
  return new WatchedFolder({ ...options.watchedFolder, stores, clock, logger });
}

function passQuotes(quotes: readonly Quote[], { trading, logger, faults }: Connected): void {
  trading.onQuotes(quotes).then(
    () => faults.succeeded(GUARD),
    (error: unknown) => {
      faults.failed(GUARD, error);
      logger.error('Quotes could not be acted on', { error });
    },
  );
}
