import path from 'node:path';
import { findBot, isGlobalBot, taskOf } from '../../domain/bots.js';
import { modelKeyText } from '../../domain/model-key.js';
import type { LabelThresholds, ModelRecord } from '../../domain/model-record.js';
import type { TrainingJob } from '../../domain/training-job.js';
import { isFileVenue } from '../../domain/venue.js';
import { ITEM_HORIZON_DAYS, barsADay } from '../../features/items/item-sequence.js';
import { RejectedError } from '../../lib/errors.js';
import type { Stores } from '../../storage/stores.js';
import type { AttemptContext } from './attempt-context.js';
import { candidatePath, featureFileName } from './candidate-folder.js';
import { findChampion } from '../evaluation/champion.js';
import { findClassWeights, type ClassWeights } from '../../domain/class-weights.js';
import { DEFAULT_BOOTSTRAP } from '../evaluation/block-bootstrap.js';
import { toPrior } from '../evaluation/losses.js';
import { FOREST_PARAMS } from '../options/forest-params.js';
import { DEFAULT_INCREMENT } from '../options/increment-options.js';
import type { ContinuedParent } from './increment-plan.js';
import type { JudgeRequest } from '../evaluation/judge-model.js';
import type { PreparedData, PrepareRequest } from '../dataset/prepare-data.js';
import { baseModelPaths } from '../residuals/base-model-files.js';
import { toResidualParams } from '../residuals/fit-params.js';
import type { ModelBasis } from '../residuals/model-basis.js';
import type { GlobalPrepareRequest } from '../global-model/prepare-global.js';
import { planSelection, type SelectionPlan } from './selection-plan.js';
import { rowCount } from '../dataset/split.js';
import type { TrainerDone } from '../trainer-process/trainer-outcome.js';
import type { BotParams, TrainerJob } from '../trainer-process/trainer-job.js';
import type { TrainingOptions } from '../options/training-options.js';
import { timeframeMs } from '../../domain/timeframe.js';
import { trainingWindowAt, windowOf } from '../dataset/training-window.js';

/** What one attempt asks of the training worker and of the trainer. */

const BYTES_A_MB = 1_000_000;
/** A selection is reused for four weeks at most, and a key is trained about once a day. */
const EARLIER_RECORDS = 40;

/** @throws RejectedError when the key has no series: nothing was ever collected for it */
export async function toPrepareRequest(
  context: AttemptContext,
): Promise<PrepareRequest | GlobalPrepareRequest> {
  return isGlobalBot(context.job.bot) ? toGlobalRequest(context) : toSeriesRequest(context);
}

/** Of a model of one instrument. @throws RejectedError as above */
export async function toSeriesRequest(context: AttemptContext): Promise<PrepareRequest> {
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
    thresholds: taskOf(job.bot) === 'regressor' ? await costThresholds(context) : undefined,
    filePath: path.join(options.workDir, featureFileName(job)),
  };
}

async function toGlobalRequest(context: AttemptContext): Promise<GlobalPrepareRequest> {
  const { job, clock, options } = context;
  const { embargoBars } = options;
  const embargo = embargoBars === 'auto' ? horizonBarsOf(context) : embargoBars;
  return {
    isGlobal: true,
    venue: job.venue,
    symbols: isFileVenue(job.venue) ? undefined : options.symbols,
    timeframe: job.timeframe,
    window: trainingWindowAt(clock.marketMs(), job.timeframe, options),
    embargoMs: embargo * timeframeMs(job.timeframe),
    thresholds: await costThresholds(context),
    minSamples: options.minInitialTrainSamples,
    filePath: path.join(options.workDir, featureFileName(job)),
  };
}

/** How far the bot looks ahead; a global one counts days. */
export function horizonBarsOf({ job, options }: Pick<AttemptContext, 'job' | 'options'>): number {
  if (!isGlobalBot(job.bot)) return options.labelHorizonBars;
  const perDay = barsADay(job.timeframe);
  if (perDay !== undefined) return ITEM_HORIZON_DAYS * perDay;
  throw new RejectedError(`${job.bot} forecasts days: ${job.timeframe} is too fine or too coarse`);
}

/** What the job's library is told. */
export function paramsOf({ job, options }: Pick<AttemptContext, 'job' | 'options'>): BotParams {
  if (findBot(job.bot)?.library !== 'sklearn') return options.catboost;
  return { ...FOREST_PARAMS, maxModelMb: options.maxModelMb };
}

/**
 * The returns from which on a regressor's move pays for buying and selling again: both fees and the
 * spread of the newest quote. Without a quote, as of a market of files, the fees alone.
 */
async function costThresholds({ job, stores, options }: AttemptContext): Promise<LabelThresholds> {
  const quote = (await stores.prices.latest(job.venue, [job.symbol])).get(job.symbol);
  const [bid, ask] = [Number(quote?.bid), Number(quote?.ask)];
  const spread = ask > bid && bid > 0 ? (2 * (ask - bid)) / (ask + bid) : 0;
  const cost = Math.log1p(2 * options.feeRate + spread);
  return { sell: -cost, buy: cost };
}

function incrementOf({ increment }: TrainingOptions): typeof DEFAULT_INCREMENT {
  return increment ?? DEFAULT_INCREMENT;
}

export interface Order {
  readonly plan: SelectionPlan;
  readonly classWeights: ClassWeights | undefined;
  readonly params: BotParams;
  readonly basis: ModelBasis;
}

/** What is asked of the trainer beyond the data: how to select features and how to weigh classes. */
export async function toOrder(
  context: AttemptContext,
  prepared: PreparedData,
  basis: ModelBasis,
): Promise<Order> {
  const { job, stores, clock, options, increment } = context;
  const params = paramsOf(context);
  if (increment !== undefined) {
    return { ...planOf(increment.parent, clock.marketMs()), params, basis };
  }
  if (basis.status === 'residual') return toResidualOrder(basis, options);
  if (prepared.global !== undefined) {
    const plan: SelectionPlan = {
      ...{ selection: { method: 'none' }, chosenBy: 'none', selectedAt: clock.marketMs() },
    };
    return { plan, classWeights: undefined, params, basis };
  }
  const plan = planSelection({
    candidates: prepared.names,
    trainRows: rowCount(prepared.split.train),
    catalogueHash: prepared.catalogueHash,
    earlier: await listEarlier(stores, job),
    marketMs: clock.marketMs(),
    minRfeSamples: options.minRfeSamples,
    maxBaselineFeatures: options.maxBaselineFeatures,
  });
  const classWeights =
    taskOf(job.bot) === 'classifier'
      ? findClassWeights(prepared.trainCounts, options.classWeights)
      : undefined;
  return { plan, classWeights, params, basis };
}

/** As its parent was made. */
function planOf(
  { record }: ContinuedParent,
  marketMs: number,
): Pick<Order, 'plan' | 'classWeights'> {
  const { features, selectedAt = marketMs, classWeights, config } = record;
  const selection = { method: 'reuse', features } as const;
  const chosenBy = config['selectedBy'] as SelectionPlan['chosenBy'];
  return { plan: { selection, chosenBy, selectedAt }, classWeights };
}

/** The features are the pool's; classes are not weighed, as they were not in the base model's scores. */
function toResidualOrder(
  basis: Extract<ModelBasis, { status: 'residual' }>,
  options: TrainingOptions,
): Order {
  const { features, selectedAt = 0, selectedBy } = basis.baseModel;
  const chosenBy = selectedBy === 'rfe' || selectedBy === 'importance' ? selectedBy : 'none';
  const plan = { selection: { method: 'reuse', features }, chosenBy, selectedAt } as const;
  const params = toResidualParams(options.catboost);
  return { plan, classWeights: undefined, params, basis };
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
    parent: context.increment?.files,
    baseModel:
      order.basis.status === 'residual'
        ? baseModelPaths(order.basis.baseModel, options.modelsDir)
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
    horizon_bars: horizonBarsOf({ job, options }),
    threshold_sell: prepared.thresholds.sell,
    threshold_buy: prepared.thresholds.buy,
    reference_symbol: prepared.referenceSymbol ?? null,
    catalogue_hash: prepared.catalogueHash,
    data_from: prepared.dataFrom,
    data_end: prepared.dataEnd,
    ...(prepared.global === undefined ? {} : { attribute_codes: prepared.global.codes }),
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
  const limits = {
    ...options,
    labelHorizonBars: horizonBarsOf({ job, options }),
    marketMs: clock.marketMs(),
  };
  return {
    task: taskOf(job.bot),
    champion: isChampionAsked ? await findChampion(stores, job, limits) : undefined,
    parentUid: increment?.parent.record.uid,
    featuresFile: path.join(options.workDir, featureFileName(job)),
    folder: trained.outputDir,
    files: trained.manifest.files,
    features: trained.manifest.features,
    referenceSymbol: prepared.referenceSymbol,
    test: prepared.split.test,
    classWeights: order.classWeights,
    thresholds: prepared.thresholds,
    prior: toPrior(prepared.trainCounts),
    dataSha256: prepared.dataSha256,
    blockRows: prepared.global?.blockRows ?? DEFAULT_BOOTSTRAP.blockRows,
    maxFileBytes: options.maxModelMb * BYTES_A_MB,
  };
}
