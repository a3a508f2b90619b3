import { mkdir, rm } from 'node:fs/promises';
import path from 'node:path';
import type { BaseModel } from '../../domain/base-model.js';
import { windowRowsOf } from '../../domain/bots.js';
import { timeframeMs } from '../../domain/timeframe.js';
import { catalogueHash } from '../../features/feature-hash.js';
import { CANDIDATE_FEATURES } from '../../features/catalogue.js';
import { isAborted } from '../../lib/is-aborted.js';
import {
  planSelection,
  selectionLimits,
  type SelectionPlan,
} from '../preparation/selection-plan.js';
import type { TrainModelContext } from '../preparation/attempt-context.js';
import type { BaseModelJob } from '../trainer-process/trainer-job.js';
import type { TrainerDone } from '../trainer-process/trainer-outcome.js';
import { windowBars } from '../dataset/training-window.js';
import { collectMembers, memberPath, type Collected } from './collect-members.js';
import { planPool, type PoolPlan } from './pool-cuts.js';
import { baseModelPath } from './base-model-files.js';
import { toBaseModelParams } from '../options/bot-params.js';

/** Enough to rank a few hundred features; more would take the trainer's memory. */
const SELECTION_ROWS = 10_000;
/** Base models whose choice of features may be reused. */
const EARLIER_BASE_MODELS = 5;
/** Progress that the base model takes of the whole job, in percent, and the share of it for collecting rows. */
const BASE_MODEL_PCT = 4;
const COLLECTED_SHARE = 0.3;

export type BaseModelFit =
  | { readonly status: 'fitted'; readonly facts: Partial<BaseModel> }
  /** Another attempt would end the same way. */
  | { readonly status: 'failed'; readonly reason: string }
  /** Interrupted: another attempt may succeed. */
  | { readonly status: 'aborted' | 'no_python' };

/** Fits one model on all instruments with features chosen once. Leaves its folder, or nothing. */
export async function fitBaseModel(
  context: TrainModelContext,
  baseModel: BaseModel,
  symbols: readonly string[],
): Promise<BaseModelFit> {
  await mkdir(context.options.workDir, { recursive: true });
  try {
    return await collectAndFit(context, baseModel, symbols);
  } finally {
    const paths = symbols.map((_, at) => memberPath(context, at));
    await Promise.all(paths.map((file) => rm(file, { force: true })));
  }
}

async function collectAndFit(
  context: TrainModelContext,
  baseModel: BaseModel,
  symbols: readonly string[],
): Promise<BaseModelFit> {
  const { progress, signal, options } = context;
  progress.report('base model: features', 0);
  const found = await collect(context, symbols);
  if (isAborted(signal)) return { status: 'aborted' };
  const { plan } = found;
  if (plan.members.length < options.poolMinInstruments) {
    const reasons = Object.entries(found.leftOut).map(([symbol, reason]) => `${symbol}: ${reason}`);
    const count = `${plan.members.length} of ${symbols.length} instruments can join`;
    return { status: 'failed', reason: [count, ...reasons].join('; ') };
  }
  if (plan.candidates.length === 0) return { status: 'failed', reason: 'they share no feature' };
  const job = toBaseModelJob(context, baseModel, found);
  await mkdir(path.dirname(job.outputDir), { recursive: true });
  const trained = await context.trainer.run(job, {
    signal,
    onProgress: ({ stage, percent }) => {
      const share = COLLECTED_SHARE + (1 - COLLECTED_SHARE) * (percent / 100);
      progress.report(`base model: ${stage}`, BASE_MODEL_PCT * share);
    },
  });
  if (trained.status === 'done') {
    return { status: 'fitted', facts: factsOf(context, found, trained) };
  }
  if (trained.code === 'cancelled') return { status: 'aborted' };
  if (trained.code === 'no_python') return { status: 'no_python' };
  return { status: 'failed', reason: `${trained.code}: ${trained.message}` };
}

interface Found extends Pick<Collected, 'leftOut'> {
  readonly plan: PoolPlan;
  readonly selection: SelectionPlan;
}

/** Collects rows with the features of an earlier base model where these can be reused, else with all candidates. */
async function collect(context: TrainModelContext, symbols: readonly string[]): Promise<Found> {
  const { options, progress } = context;
  const onCollected = (share: number): void =>
    progress.report('base model: features', BASE_MODEL_PCT * COLLECTED_SHARE * share);
  const all = options.candidateFeatures ?? CANDIDATE_FEATURES;
  const earlier = await findSelection(context, symbols.length, all);
  const { selection: known } = earlier;
  if (known.method === 'reuse') {
    const collected = await collectMembers({ ...context, onCollected }, symbols, known.features);
    const plan = planPool(collected.members);
    if (plan.candidates.length === known.features.length) {
      return { plan, selection: earlier, leftOut: { ...collected.leftOut, ...plan.leftOut } };
    }
  }
  const collected = await collectMembers({ ...context, onCollected }, symbols, undefined);
  const plan = planPool(collected.members);
  const fresh = { ...requestOf(context, symbols.length), candidates: plan.candidates, earlier: [] };
  const leftOut = { ...collected.leftOut, ...plan.leftOut };
  return { plan, selection: planSelection(fresh), leftOut };
}

async function findSelection(
  context: TrainModelContext,
  instruments: number,
  candidates: readonly string[],
): Promise<SelectionPlan> {
  const { stores, job, trial } = context;
  // Every variant of an experiment selects by itself.
  const earlier =
    trial === undefined
      ? await stores.baseModels.list(job, { status: 'ready', limit: EARLIER_BASE_MODELS })
      : [];
  return planSelection({
    ...requestOf(context, instruments),
    candidates,
    earlier: earlier.map((baseModel) => ({
      ...baseModel,
      config: { selectedBy: baseModel.selectedBy },
    })),
  });
}

function requestOf({ clock, options, job }: TrainModelContext, instruments: number) {
  const rows = windowBars(job.timeframe, options) * instruments;
  return {
    trainRows: Math.floor((rows * options.trainSplit[0]) / 100),
    catalogueHash: catalogueHash(options.candidateFeatures),
    marketMs: clock.marketMs(),
    ...selectionLimits(job.bot, options),
  };
}

function toBaseModelJob(
  { job, options }: TrainModelContext,
  baseModel: BaseModel,
  { plan, selection }: Found,
): BaseModelJob {
  const symbols = plan.members.map(({ symbol }) => symbol);
  return {
    kind: 'base_model',
    uid: job.uid,
    bot: job.bot,
    members: plan.members.map(({ filePath }) => filePath),
    outputDir: path.join(options.modelsDir, baseModelPath(baseModel)),
    seed: options.trainSeed,
    cuts: plan.cuts,
    params: toBaseModelParams(job.bot, options),
    selection: selection.selection,
    candidates: plan.candidates,
    selectionRows: SELECTION_ROWS,
    maxRows: windowRowsOf(job.bot) > 1 ? options.poolMaxRows : undefined,
    describe: { baseModel: baseModel.uid, venue: job.venue, timeframe: job.timeframe, symbols },
  };
}

function factsOf(
  { clock, options, job }: TrainModelContext,
  { plan, selection, leftOut }: Found,
  { manifest, manifestSha256, durationMs, peakRssMb }: TrainerDone,
): Partial<BaseModel> {
  const bars = options.labelHorizonBars + 1;
  return {
    trainedAt: clock.marketMs(),
    cutAt: plan.cuts.validationTo + bars * timeframeMs(job.timeframe),
    dataEnd: Math.max(...plan.members.map(({ dataEnd }) => dataEnd)),
    features: manifest.features,
    selectedAt: selection.selectedAt,
    selectedBy: selection.chosenBy,
    catalogueHash: catalogueHash(options.candidateFeatures),
    members: plan.members.map(({ symbol }) => symbol),
    manifestSha256,
    config: {
      params: manifest.params,
      seed: manifest.seed,
      treeCount: manifest.tree_count,
      epochs: manifest.epochs,
      rows: manifest.rows,
      metrics: manifest.metrics,
      selection: manifest.selection,
      importance: manifest.importance,
      cuts: plan.cuts,
      leftOut,
      durationMs,
      durationsMs: manifest.durations_ms,
      peakRssMb,
      libraryVersions: manifest.library_versions,
    },
  };
}
