import { createHash } from 'node:crypto';
import type { DatasetSummary } from './dataset-summary.js';
import type { FeatureTable } from './feature-file.js';

/**
 * SHA-256 over what models are judged on and by: times, forward returns, labels, split, thresholds and class counts.
 * It does not depend on the features, so that variants with other features can be compared.
 */
export function hashRows(
  { openTimes, forwardReturns, labels }: FeatureTable,
  { split, thresholds, trainCounts }: Pick<DatasetSummary, 'split' | 'thresholds' | 'trainCounts'>,
): string {
  const hash = createHash('sha256').update(JSON.stringify({ split, thresholds, trainCounts }));
  for (const part of [openTimes, forwardReturns, labels]) {
    hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
  return hash.digest('hex');
}
