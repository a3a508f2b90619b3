import { createHash } from 'node:crypto';
import { taskOf } from '../../domain/bots.js';
import type { Timeframe } from '../../domain/timeframe.js';
import { catalogueHash } from '../../features/feature-hash.js';
import type { TrainingOptions } from '../../training/options/training-options.js';
import type { WalkForwardOptions } from './walk-options.js';

/** Options that change no model of a run: names, folders, and what the daemon alone does. */
const NOT_OF_RECIPE: ReadonlySet<string> = new Set([
  'venue',
  'modelsDir',
  'workDir',
  'modelVersionsKept',
  'schedules',
  'increment',
  'drift',
  'pauseFile',
  'feeRate',
] satisfies (keyof TrainingOptions)[]);

const RECIPE_CHARACTERS = 16;

export interface Recipe extends Pick<
  WalkForwardOptions,
  'training' | 'ageLimits' | 'limits' | 'version' | 'retraining' | 'spreadPct'
> {
  readonly timeframe: Timeframe;
  /** Number of the first bar of the span: models of a date depend on those before it. */
  readonly firstIndex: number;
}

/** Of everything but the candles that decides what the models of a date say. */
export function recipeHash(wanted: Recipe): string {
  const { training, ageLimits, limits, version, retraining, spreadPct } = wanted;
  const isCostly = training.bots.some((bot) => taskOf(bot) === 'regressor');
  const recipe = {
    training: Object.entries(training)
      .filter(([name]) => !NOT_OF_RECIPE.has(name))
      .sort(([one], [other]) => (one < other ? -1 : 1)),
    costs: isCostly ? [training.feeRate, spreadPct] : undefined,
    limits: [ageLimits.modelMaxAgeHours, limits.memoryLimitMb, limits.jobTimeoutMs],
    begins: wanted.firstIndex,
    timeframe: wanted.timeframe,
    catalogue: catalogueHash(),
    version,
    retraining,
  };
  return createHash('sha256')
    .update(JSON.stringify(recipe))
    .digest('hex')
    .slice(0, RECIPE_CHARACTERS);
}
