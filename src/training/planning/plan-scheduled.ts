import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import type { TrainingMode } from '../../domain/training-job.js';
import type { Stores } from '../../storage/stores.js';
import { findIncrement } from '../preparation/find-increment.js';
import type { TrainPlanner } from './train-planner.js';
import { trainingKeys } from '../options/training-keys.js';
import type { TrainingOptions } from '../options/training-options.js';

/** What a scheduled session trains, and what it leaves out. */
export interface PlannedJobs {
  readonly keys: readonly ModelKey[];
  readonly skipped: readonly { readonly key: ModelKey; readonly reason: string }[];
  readonly modeOf: (key: ModelKey) => TrainingMode;
  readonly causeOf: (key: ModelKey) => string;
}

interface PlanContext {
  readonly stores: Stores;
  readonly options: TrainingOptions;
  readonly planner: Pick<TrainPlanner, 'findObstacle'>;
}

interface Planned {
  readonly mode: TrainingMode;
  readonly cause: string;
}

/** Decides for every key which job it gets, or why it gets none. */
export async function planScheduled(
  name: 'full' | 'incremental',
  context: PlanContext,
): Promise<PlannedJobs> {
  const planned = new Map<string, Planned>();
  const keys: ModelKey[] = [];
  const skipped: { key: ModelKey; reason: string }[] = [];
  for (const key of trainingKeys(context.options)) {
    const job = name === 'full' ? await planFull(key, context) : await planOne(key, context);
    if ('reason' in job) skipped.push({ key, reason: job.reason });
    else {
      keys.push(key);
      planned.set(modelKeyText(key), job);
    }
  }
  const of = (key: ModelKey): Planned | undefined => planned.get(modelKeyText(key));
  return {
    keys,
    skipped,
    modeOf: (key) => of(key)?.mode ?? 'full',
    causeOf: (key) => of(key)?.cause ?? 'scheduled',
  };
}

/** A full fit keeps to a cooldown; an open job of the key is joined. */
async function planFull(
  key: ModelKey,
  { planner }: PlanContext,
): Promise<Planned | { readonly reason: string }> {
  const obstacle = await planner.findObstacle(key);
  return obstacle === undefined ? { mode: 'full', cause: 'scheduled' } : { reason: obstacle };
}

async function planOne(
  key: ModelKey,
  context: PlanContext,
): Promise<Planned | { readonly reason: string }> {
  const { stores, options } = context;
  if ((await stores.jobs.findOpen(key)) !== undefined) return { reason: 'a job is open already' };
  const plan = await findIncrement(stores, key, options);
  if (plan.status === 'skip') return { reason: plan.reason };
  if (plan.status === 'continue') return { mode: 'incremental', cause: 'scheduled' };
  const full = await planFull(key, context);
  return 'reason' in full ? full : { ...full, cause: 'growth_cap' };
}
