import { findBot, type Bot } from '../../domain/bots.js';
import { ConfigError } from '../../lib/errors.js';
import type { CatBoostParams, DeepParams, ForestParams } from '../trainer-process/trainer-job.js';

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
export function toBaseModelParams(
  name: string,
  { catboost, deep = DEFAULT_DEEP }: BaseModelOptions,
): CatBoostParams | DeepParams {
  const bot = findBot(name);
  if (bot?.library === 'torch') return toDeepParams(bot, deep);
  return { ...catboost, iterations: ITERATIONS_FACTOR * catboost.iterations };
}

export interface BaseModelOptions {
  readonly catboost: CatBoostParams;
  readonly deep?: DeepOptions | undefined;
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

/** What a deep bot's fit takes from the settings. */
export interface DeepOptions extends Pick<DeepParams, 'epochs' | 'device'> {
  /** Epochs of an increment. */
  readonly incrementalEpochs: number;
}

export const DEFAULT_DEEP: DeepOptions = { epochs: 50, incrementalEpochs: 5, device: 'auto' };

/**
 * Sizes with which a job stays below 400 MB (docs/deep-bots.md). By real candles a network has learnt what there is
 * after a few hundred steps and then learns the training part by heart: small steps, so that the validation part can
 * say when, and much dropout and decay.
 */
const WIDTHS: Readonly<Record<string, number>> = { lstm: 32, transformer: 24 };

/** A network over many features learns their noise: no more than these, the best by the ranking of trees. */
export const MAX_DEEP_FEATURES = 32;

/** Parameters of a deep bot. @throws RangeError for a bot that is none */
export function toDeepParams({ name, windowRows }: Bot, options: DeepOptions): DeepParams {
  const width = WIDTHS[name];
  if (width === undefined) throw new RangeError(`${name} is no deep bot`);
  const { epochs, device } = options;
  return {
    epochs,
    windowRows,
    width,
    device,
    learningRate: 0.0005,
    weightDecay: 0.1,
    dropout: 0.5,
    batchRows: 128,
    patience: 8,
  };
}
