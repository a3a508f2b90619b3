import type { Probabilities } from '../domain/signal.js';

type PerClass = readonly [sell: number, hold: number, buy: number];

/** How far a model's three probabilities may add up to something other than 1. */
const SUM_TOLERANCE = 1e-3;

/**
 * The probabilities as they would be without class weights: a model trained on weighted classes
 * overstates each in proportion to its weight, so each is divided by it and the three are scaled to 1.
 *
 * @throws RangeError when these are no probabilities
 */
export function toUnweightedProbabilities(
  raw: readonly number[] | Float32Array,
  weights: PerClass | undefined,
): Probabilities {
  const [sell, hold, buy] = raw;
  if (sell === undefined || hold === undefined || buy === undefined || raw.length !== 3) {
    throw new RangeError(`${raw.length} probabilities, expected 3`);
  }
  const sum = sell + hold + buy;
  if (!(Math.min(sell, hold, buy) >= 0) || !(Math.abs(sum - 1) <= SUM_TOLERANCE)) {
    throw new RangeError(`${sell}, ${hold}, ${buy} are no probabilities`);
  }
  const [sellWeight, holdWeight, buyWeight] = weights ?? [1, 1, 1];
  return normalised([sell / sellWeight, hold / holdWeight, buy / buyWeight]);
}

function normalised([sell, hold, buy]: PerClass): Probabilities {
  const sum = sell + hold + buy;
  return [sell / sum, hold / sum, buy / sum];
}

/** Expected log return over the horizon: the classes' mean training returns, weighted. */
export function expectedReturn(probabilities: Probabilities, classMeanReturns: PerClass): number {
  const [sell, hold, buy] = probabilities;
  return sell * classMeanReturns[0] + hold * classMeanReturns[1] + buy * classMeanReturns[2];
}
