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
import { DEFAULT_INCREMENT } from './increment-options.js';
import type { ContinuedParent } from './increment-plan.js';
import type { JudgeRequest } from './judge-model.js';
import type { PreparedData, PrepareRequest } from './prepare-data.js';
import { planSelection, type SelectionPlan } from './selection-plan.js';
import { rowCount } from './split.js';
import type { TrainerDone } from './trainer-process/trainer-outcome.js';
import type { ParentFiles, TrainerJob } from './trainer-process/trainer-job.js';
import type { TrainingOptions } from './training-options.js';
import { trainingWindowAt, windowOf } from './training-window.js';

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
  const continued = context.increment?.parent;
  const wanted = continued === undefined ? referenceSymbol : continued.record.referenceSymbol;
  const reference =
    wanted === undefined ? undefined : await stores.series.find({ ...job, symbol: wanted });
  return {
    timeframe: job.timeframe,
    seriesId: series.id,
    referenceSeriesId: reference?.id,
    referenceSymbol: reference?.symbol,
    window:
      continued === undefined
        ? trainingWindowAt(clock.marketMs(), job.timeframe, options)
        : windowOf(clock.marketMs(), job.timeframe, incrementOf(options).windowBars),
    learnt:
      continued === undefined ? undefined : { ...continued, features: continued.record.features },
    horizonBars,
    embargoBars: embargoBars === 'auto' ? horizonBars : embargoBars,
    trainFraction: trainSplit[0] / 100,
    validationFraction: trainSplit[1] / 100,
    minSamples:
      continued === undefined
        ? options.minInitialTrainSamples
        : Math.min(options.minInitialTrainSamples, incrementOf(options).windowBars / 2),
    candidateFeatures: options.candidateFeatures,
    filePath: path.join(options.workDir, featureFileName(job)),
  };
}

export interface AttemptContext {
  readonly job: TrainingJob;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly options: TrainingOptions;
  /** What is continued instead of fitting anew. */
  readonly increment?: Increment | undefined;
}

/** A model to be continued, and its files. */
export interface Increment {
  readonly parent: ContinuedParent;
  readonly files: ParentFiles;
}

function incrementOf({ increment }: TrainingOptions): typeof DEFAULT_INCREMENT {
  return increment ?? DEFAULT_INCREMENT;
}

export interface Order {
  readonly plan: SelectionPlan;
  readonly classWeights: ClassWeights | undefined;
}

/** What is asked of the trainer beyond the data: how to select features and how to weigh classes. */
export async function toOrder(context: AttemptContext, prepared: PreparedData): Promise<Order> {
  const { job, stores, clock, options, increment } = context;
  if (increment !== undefined) return orderOf(increment.parent, clock.marketMs());
  const plan = planSelection({
    candidates: prepared.names,
    trainRows: rowCount(prepared.split.train),
    catalogueHash: prepared.catalogueHash,
    earlier: await listEarlier(stores, job),
    marketMs: clock.marketMs(),
    minRfeSamples: options.minRfeSamples,
    maxBaselineFeatures: options.maxBaselineFeatures,
  });
  return { plan, classWeights: findClassWeights(prepared.trainCounts, options.classWeights) };
}

/** As its parent was made. */
function orderOf({ record }: ContinuedParent, marketMs: number): Order {
  const { features, selectedAt = marketMs, classWeights, config } = record;
  const selection = { method: 'reuse', features } as const;
  const chosenBy = config['selectedBy'] as SelectionPlan['chosenBy'];
  return { plan: { selection, chosenBy, selectedAt }, classWeights };
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
    params: options.catboost,
    selection: order.plan.selection,
    classWeights: order.classWeights,
    parent: context.increment?.files,
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
  { job, options, stores, clock, increment }: AttemptContext,
  { prepared, order, trained }: Trained,
): Promise<JudgeRequest> {
  // An increment is held against its parent on every test row, which says more.
  const isChampionAsked = increment === undefined && options.promotionGate.endsWith('+champion');
  const limits = { ...options, marketMs: clock.marketMs() };
  return {
    champion: isChampionAsked ? await findChampion(stores, job, limits) : undefined,
    parentUid: increment?.parent.record.uid,
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
