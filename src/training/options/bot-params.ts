import { ConfigError } from '../../lib/errors.js';
import type { CatBoostParams, ForestParams } from '../trainer-process/trainer-job.js';

const DEFAULT_SUBSAMPLE = 0.7;

/**
 * Small trees, slow steps and strong regularisation: on real hourly candles little more can be learnt
 * than these hold (measured over 24 pairs at a horizon of 4 bars).
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
 * Completes what the settings say, and refuses before Python starts what CatBoost would only refuse in
 * the middle of a fit.
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

/** Trees of a base model for each that a plain one may have: it has many times the rows. */
const ITERATIONS_FACTOR = 2;

/** Of the base model's fit; the trainer raises `l2LeafReg` by the rows that one instant has. */
export function toBaseModelParams(params: CatBoostParams): CatBoostParams {
  return { ...params, iterations: ITERATIONS_FACTOR * params.iterations };
}

/** Few, small, slow and strongly held: what is left to learn of one instrument is little. */
const RESIDUAL = { iterations: 200, depth: 4, learningRate: 0.02, l2LeafReg: 20 } as const;
const RESIDUAL_EARLY_STOPPING_ROUNDS = 40;

/** Of an instrument's own fit on top; never larger than its plain one would be. */
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
 * Unbounded, a forest on 200,000 rows takes minutes and its file 180 MB; so bounded it takes seconds and
 * a few MB, and explains almost as much.
 */
export const FOREST_PARAMS: Omit<ForestParams, 'maxModelMb'> = {
  trees: 100,
  maxFeatures: 1 / 3,
  minSamplesLeaf: 20,
  maxSamples: 0.1,
};
