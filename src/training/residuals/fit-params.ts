import type { CatBoostParams } from '../trainer-process/trainer-job.js';

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
