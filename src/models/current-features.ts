import type { ModelRecord } from '../domain/model-record.js';
import { featureHash } from '../features/feature-hash.js';

/** Whether the catalogue still computes what the model was trained on. */
export function hasCurrentFeatures(
  record: Pick<ModelRecord, 'features' | 'referenceSymbol' | 'featureHash'>,
): boolean {
  try {
    return featureHash(record.features, record.referenceSymbol) === record.featureHash;
  } catch (error) {
    // A feature that the catalogue no longer has.
    if (error instanceof RangeError) return false;
    throw error;
  }
}
