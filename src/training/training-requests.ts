import path from 'node:path';
import { modelKeyText } from '../domain/model-key.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { TrainingJob } from '../domain/training-job.js';
import type { Clock } from '../lib/clock.js';
import { RejectedError } from '../lib/errors.js';
import type { Stores } from '../storage/stores.js';
import { candidatePath, featureFileName } from './candidate-folder.js';
import { findChampion } from './champion.js';
import { findClassWeights, type ClassWeights } from './class-weights.js';
import { toPrior } from './evaluation/losses.js';
import type { JudgeRequest } from './judge-model.js';
import type { PreparedData, PrepareRequest } from './prepare-data.js';
import { pooledPaths } from './pooling/pool-files.js';
import { toResidualParams } from './pooling/pool-params.js';
import type { Pooling } from './pooling/prepare-member.js';
import { planSelection, type SelectionPlan } from './selection-plan.js';
import { rowCount } from './split.js';
import type { TrainerDone } from './trainer-process/trainer-outcome.js';
import type { CatBoostParams, TrainerJob } from './trainer-process/trainer-job.js';
import type { TrainingOptions } from './training-options.js';
import { trainingWindowAt } from './training-window.js';

/** What one attempt asks of the worker thread and of the trainer. */

const BYTES_A_MB = 1_000_000;
/** A selection is reused for four weeks at most, and a key is trained about once a day. */
const EARLIER_RECORDS = 40;

/** @throws RejectedError when the key has no series: nothing was ever collected for it */
export async function toPrepareRequest(context: AttemptContext): Promise<PrepareRequest> {
  const { job, stores, clock, options } = context;
  const { referenceSymbol, labelHorizonBars: horizonBars, embargoBars, trainSplit } = options;
  const series = await stores.series.find(job);
  if (series === undefined)
    throw new RejectedError(`No candles of ${modelKeyText(job)} are stored`);
  const reference =
    referenceSymbol === undefined
      ? undefined
      : await stores.series.find({ ...job, symbol: referenceSymbol });
  return {
    timeframe: job.timeframe,
    seriesId: series.id,
    referenceSeriesId: reference?.id,
    referenceSymbol: reference?.symbol,
    window: trainingWindowAt(clock.marketMs(), job.timeframe, options),
    horizonBars,
    embargoBars: embargoBars === 'auto' ? horizonBars : embargoBars,
    trainFraction: trainSplit[0] / 100,
    validationFraction: trainSplit[1] / 100,
    minSamples: options.minInitialTrainSamples,
    candidateFeatures: options.candidateFeatures,
    filePath: path.join(options.workDir, featureFileName(job)),
  };
}

export interface AttemptContext {
  readonly job: TrainingJob;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly options: TrainingOptions;
}

export interface Order {
  readonly plan: SelectionPlan;
  readonly classWeights: ClassWeights | undefined;
  readonly params: CatBoostParams;
  readonly pooling: Pooling;
}

/** What is asked of the trainer beyond the data: how to select features and how to weigh classes. */
export async function toOrder(
  context: AttemptContext,
  prepared: PreparedData,
  pooling: Pooling,
): Promise<Order> {
  const { job, stores, clock, options } = context;
  if (pooling.status === 'residual') return toResidualOrder(pooling, options);
  const plan = planSelection({
    candidates: prepared.names,
    trainRows: rowCount(prepared.split.train),
    catalogueHash: prepared.catalogueHash,
    earlier: await listEarlier(stores, job),
    marketMs: clock.marketMs(),
    minRfeSamples: options.minRfeSamples,
    maxBaselineFeatures: options.maxBaselineFeatures,
  });
  const classWeights = findClassWeights(prepared.trainCounts, options.classWeights);
  return { plan, classWeights, params: options.catboost, pooling };
}

/** The features are the pool's; classes are not weighed, as they were not in the pooled scores. */
function toResidualOrder(
  pooling: Extract<Pooling, { status: 'residual' }>,
  options: TrainingOptions,
): Order {
  const { features, selectedAt = 0, selectedBy } = pooling.pool;
  const chosenBy = selectedBy === 'rfe' || selectedBy === 'importance' ? selectedBy : 'none';
  const plan = { selection: { method: 'reuse', features }, chosenBy, selectedAt } as const;
  const params = toResidualParams(options.catboost);
  return { plan, classWeights: undefined, params, pooling };
}

async function listEarlier(stores: Stores, job: TrainingJob): Promise<readonly ModelRecord[]> {
  const { venue, symbol, timeframe, bot } = job;
  const page = { limit: EARLIER_RECORDS, offset: 0 };
  return (await stores.models.list({ venue, symbol, timeframe, bot }, page)).rows;
}

/** The job line for the trainer. */
export function toTrainerJob(
  context: AttemptContext,
  prepared: PreparedData,
  order: Order,
): TrainerJob {
  const { job, options } = context;
  return {
    uid: job.uid,
    bot: job.bot,
    featuresFile: path.join(options.workDir, featureFileName(job)),
    outputDir: path.join(options.modelsDir, candidatePath(job)),
    seed: options.trainSeed,
    split: prepared.split,
    params: order.params,
    selection: order.plan.selection,
    classWeights: order.classWeights,
    pooled:
      order.pooling.status === 'residual'
        ? pooledPaths(order.pooling.pool, options.modelsDir)
        : undefined,
    describe: describe(context, prepared),
  };
}

/** What the manifest says of the model, for whoever finds the folder without the database. */
function describe(
  { job, options }: AttemptContext,
  prepared: PreparedData,
): Readonly<Record<string, unknown>> {
  return {
    venue: job.venue,
    symbol: job.symbol,
    timeframe: job.timeframe,
    bot: job.bot,
    horizon_bars: options.labelHorizonBars,
    threshold_sell: prepared.thresholds.sell,
    threshold_buy: prepared.thresholds.buy,
    reference_symbol: prepared.referenceSymbol ?? null,
    catalogue_hash: prepared.catalogueHash,
    data_from: prepared.dataFrom,
    data_end: prepared.dataEnd,
  };
}

export interface Trained {
  readonly prepared: PreparedData;
  readonly order: Order;
  readonly trained: TrainerDone;
}

export async function toJudgeRequest(
  { job, options, stores, clock }: AttemptContext,
  { prepared, order, trained }: Trained,
): Promise<JudgeRequest> {
  const isChampionAsked = options.promotionGate.endsWith('+champion');
  const limits = { ...options, marketMs: clock.marketMs() };
  return {
    champion: isChampionAsked ? await findChampion(stores, job, limits) : undefined,
    featuresFile: path.join(options.workDir, featureFileName(job)),
    folder: trained.outputDir,
    files: trained.manifest.files,
    features: trained.manifest.features,
    referenceSymbol: prepared.referenceSymbol,
    test: prepared.split.test,
    classWeights: order.classWeights,
    prior: toPrior(prepared.trainCounts),
    dataSha256: prepared.dataSha256,
    maxFileBytes: options.maxModelMb * BYTES_A_MB,
  };
}
