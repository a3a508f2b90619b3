import { createHash } from 'node:crypto';
import { CATALOGUE, getFeature } from './catalogue.js';
import { featureId } from './definition/feature-definition.js';
import { findItemFeatureId } from './items/item-row.js';

/** Covers every candidate feature: decides whether an earlier selection among them may be used again. */
export function catalogueHash(): string {
  return sha256(CATALOGUE.map(featureId));
}

/**
 * Covers a model's own features in order and the reference they were computed against; checked when
 * serving. It stays the same when the catalogue gains other features.
 *
 * @throws RangeError for a feature that the catalogue does not have (any more)
 */
export function featureHash(names: readonly string[], referenceSymbol: string | undefined): string {
  const ids = names.map((name) => findItemFeatureId(name) ?? featureId(getFeature(name)));
  return sha256([`reference=${referenceSymbol ?? ''}`, ...ids]);
}

function sha256(lines: readonly string[]): string {
  return createHash('sha256').update(lines.join('\n')).digest('hex');
}
