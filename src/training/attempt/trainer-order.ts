import path from 'node:path';
import { findBot, needsTorch, taskOf } from '../../domain/bots.js';
import type { ModelRecord } from '../../domain/model-record.js';
import type { TrainingJob } from '../../domain/training-job.js';
import type { Stores } from '../../storage/stores.js';
import type { AttemptContext } from '../preparation/attempt-context.js';
import { candidatePath, featureFileName } from '../preparation/candidate-folder.js';
import { findClassWeights, type ClassWeights } from '../../domain/class-weights.js';
import type { ContinuedParent } from '../preparation/increment-plan.js';
import type { PreparedData } from '../dataset/prepare-data.js';
import { baseModelPaths } from '../residuals/base-model-files.js';
import {
  DEFAULT_DEEP,
  FOREST_PARAMS,
  toDeepParams,
  toResidualParams,
} from '../options/bot-params.js';
import type { ModelBasis } from '../residuals/prepare-member.js';
import {
  planSelection,
  selectionLimits,
  type SelectionPlan,
} from '../preparation/selection-plan.js';
import { rowCount } from '../dataset/split.js';
import type { BotParams, TrainerJob } from '../trainer-process/trainer-job.js';
import { horizonBarsOf } from '../preparation/prepare-request.js';

/** A selection is reused for four weeks at most, and a key is trained about once a day. */
const EARLIER_RECORDS = 40;

export interface Order {
  readonly plan: SelectionPlan;
  readonly classWeights: ClassWeights | undefined;
  readonly params: BotParams;
  readonly basis: ModelBasis;
}

/** How the trainer selects features, weighs classes and fits. */
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
  if (basis.status === 'residual') return toResidualOrder(context, basis);
  if (prepared.global !== undefined) {
    const plan: SelectionPlan = {
      selection: { method: 'none' },
      chosenBy: 'none',
      selectedAt: clock.marketMs(),
    };
    return { plan, classWeights: undefined, params, basis };
  }
  const plan = planSelection({
    candidates: prepared.names,
    trainRows: rowCount(prepared.split.train),
    catalogueHash: prepared.catalogueHash,
    // Every variant selects by itself.
    earlier: context.trial === undefined ? await listEarlier(stores, job) : [],
    marketMs: clock.marketMs(),
    ...selectionLimits(job.bot, options),
  });
  const classWeights =
    taskOf(job.bot) === 'classifier'
      ? findClassWeights(prepared.trainCounts, options.classWeights)
      : undefined;
  return { plan, classWeights, params, basis };
}

/** The same selection and weights as the parent's. */
function planOf(
  { record }: ContinuedParent,
  marketMs: number,
): Pick<Order, 'plan' | 'classWeights'> {
  const { features, selectedAt = marketMs, classWeights, config } = record;
  const selection = { method: 'reuse', features } as const;
  const chosenBy = config['selectedBy'] as SelectionPlan['chosenBy'];
  return { plan: { selection, chosenBy, selectedAt }, classWeights };
}

/** Takes the features of the base model. Classes are not weighted, as the base model's were not. */
function toResidualOrder(
  { job, options }: Pick<AttemptContext, 'job' | 'options'>,
  basis: Extract<ModelBasis, { status: 'residual' }>,
): Order {
  const { features, selectedAt = 0, selectedBy } = basis.baseModel;
  const chosenBy = selectedBy === 'rfe' || selectedBy === 'importance' ? selectedBy : 'none';
  const plan = { selection: { method: 'reuse', features }, chosenBy, selectedAt } as const;
  const isDeep = needsTorch(job.bot);
  const params = isDeep ? paramsOf({ job, options }) : toResidualParams(options.catboost);
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

/** What the manifest says about the model, so that its folder explains itself without the database. */
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
    attribute_codes: prepared.global?.codes,
  };
}

/** Parameters of the job's library. */
export function paramsOf({ job, options }: Pick<AttemptContext, 'job' | 'options'>): BotParams {
  const bot = findBot(job.bot);
  if (bot?.library === 'torch') return toDeepParams(bot, options.deep ?? DEFAULT_DEEP);
  if (bot?.library !== 'sklearn') return options.catboost;
  return { ...FOREST_PARAMS, maxModelMb: options.maxModelMb };
}
