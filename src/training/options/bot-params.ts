import { ConfigError } from '../../lib/errors.js';
import type { CatBoostParams, ForestParams } from '../trainer-process/trainer-job.js';

const DEFAULT_SUBSAMPLE = 0.7;

/**
 * Small trees, a low learning rate and strong regularisation: larger ones learnt nothing more from real hourly
 * candles (measured over 24 pairs at a horizon of 4 bars).
 */
export const DEFAULT_CATBOOST_PARAMS: CatBoostParams = {
  iterations: 300,
  depth: 4,
  learningRate: 0.03,
  l2LeafReg: 10,
  rsm: 0.3,
  bootstrapType: 'Bernoulli',
  subsample: DEFAULT_SUBSAMPLE,
  borderCount: 64,
  earlyStoppingRounds: 50,
};

const SAMPLING_TYPES: readonly string[] = ['Bernoulli', 'MVS'];

export interface CatBoostSettings extends Omit<CatBoostParams, 'subsample'> {
  readonly subsample: number | undefined;
}

/**
 * Completes the settings. A combination that CatBoost would refuse in the middle of a fit is refused here,
 * before Python starts.
 *
 * @throws ConfigError naming the two parameters that do not go together
 */
export function toCatBoostParams(settings: CatBoostSettings): CatBoostParams {
  const { subsample, ...params } = settings;
  if (SAMPLING_TYPES.includes(params.bootstrapType)) {
    return { ...params, subsample: subsample ?? DEFAULT_SUBSAMPLE };
  }
  if (subsample === undefined) return params;
  throw new ConfigError(
    `CATBOOST_SUBSAMPLE=${subsample} does not go with CATBOOST_BOOTSTRAP_TYPE=${params.bootstrapType}: ` +
      `leave it out, or choose ${SAMPLING_TYPES.join(' or ')}`,
  );
}

/** A base model may have this many times the trees of a plain one: it has many times the rows. */
const ITERATIONS_FACTOR = 2;

/** Parameters of a base model. The trainer multiplies `l2LeafReg` by the mean number of rows of one open time. */
export function toBaseModelParams(params: CatBoostParams): CatBoostParams {
  return { ...params, iterations: ITERATIONS_FACTOR * params.iterations };
}

/** Little is left to learn about one instrument: few small trees, a low rate, strong regularisation. */
const RESIDUAL = { iterations: 200, depth: 4, learningRate: 0.02, l2LeafReg: 20 } as const;
const RESIDUAL_EARLY_STOPPING_ROUNDS = 40;

/** Parameters of a residual; never larger than those of a plain model. */
export function toResidualParams(params: CatBoostParams): CatBoostParams {
  return {
    ...params,
    iterations: Math.min(RESIDUAL.iterations, params.iterations),
    depth: Math.min(RESIDUAL.depth, params.depth),
    learningRate: Math.min(RESIDUAL.learningRate, params.learningRate),
    l2LeafReg: Math.max(RESIDUAL.l2LeafReg, params.l2LeafReg),
    earlyStoppingRounds: Math.min(RESIDUAL_EARLY_STOPPING_ROUNDS, params.earlyStoppingRounds),
  };
}

/**
 * Without bounds a forest on 200,000 rows takes minutes and 180 MB. With these it takes seconds and a few MB, and
 * explains almost as much.
 */
export const FOREST_PARAMS: Omit<ForestParams, 'maxModelMb'> = {
  trees: 100,
  maxFeatures: 1 / 3,
  minSamplesLeaf: 20,
  maxSamples: 0.1,
};
