import type { ForestParams } from '../trainer-process/trainer-job.js';

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
