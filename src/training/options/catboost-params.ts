import { ConfigError } from '../../lib/errors.js';
import type { CatBoostParams } from '../trainer-process/trainer-job.js';

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
