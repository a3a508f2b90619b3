import type { ModelRecord } from '../domain/model-record.js';
import type { PredictionCache } from './prediction-cache.js';
import type { Predictor } from './predictor.js';
import type { ServingModels } from './serving-models.js';

export interface SwapParts {
  readonly servingModels: Pick<ServingModels, 'find' | 'invalidate'>;
  readonly predictor: Pick<Predictor, 'prepare' | 'release'>;
  readonly cache: Pick<PredictionCache, 'drop'> | undefined;
}

/**
 * Switches to the model that is stored as serving: it is loaded before the first request, and the model
 * before it is released after its last answer.
 */
export async function swapModel(record: ModelRecord, parts: SwapParts): Promise<void> {
  const { servingModels, predictor } = parts;
  const before = await servingModels.find(record);
  servingModels.invalidate(record);
  const choice = await servingModels.find(record);
  if (choice.status === 'trusted') await predictor.prepare(choice.model);
  const old = before.status === 'trusted' ? before.model.record.uid : undefined;
  if (old !== undefined && old !== record.uid) await retireModel(old, parts);
}

/** Drops the predictions of a model that no longer serves, and frees its memory. */
export async function retireModel(
  modelUid: string,
  {
    cache,
    predictor,
  }: Pick<SwapParts, 'cache'> & { readonly predictor: Pick<Predictor, 'release'> },
): Promise<void> {
  cache?.drop((entry) => entry.modelUid === modelUid);
  await predictor.release(modelUid);
}
