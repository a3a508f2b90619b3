import { createHash } from 'node:crypto';
import { CATALOGUE, getFeature } from './catalogue.js';
import { featureId } from './definition/feature-definition.js';
import { findItemFeatureId } from './items/item-row.js';

/**
 * Covers every feature of the catalogue, or of those the ones that may be selected: decides whether an earlier
 * selection may be used again.
 */
export function catalogueHash(candidates?: readonly string[]): string {
  return sha256((candidates?.map(getFeature) ?? CATALOGUE).map(featureId));
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
