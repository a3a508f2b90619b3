import type { FeatureDefinition } from './feature-definition.js';
import { CALENDAR_FEATURES } from './groups/calendar.js';
import { DISTRIBUTION_FEATURES } from './groups/distribution.js';
import { HIGHER_FEATURES } from './groups/higher.js';
import { LAG_FEATURES } from './groups/lags.js';
import { MOMENTUM_FEATURES } from './groups/momentum.js';
import { PRICE_FEATURES } from './groups/price.js';
import { REFERENCE_FEATURES } from './groups/reference.js';
import { SHAPE_FEATURES } from './groups/shape.js';
import { TREND_FEATURES } from './groups/trend.js';
import { VOLATILITY_FEATURES } from './groups/volatility.js';
import { VOLUME_FEATURES } from './groups/volume.js';

/** Every raw feature, in the order of the columns of a full matrix. */
export const CATALOGUE: readonly FeatureDefinition[] = [
  ...PRICE_FEATURES,
  ...VOLUME_FEATURES,
  ...VOLATILITY_FEATURES,
  ...TREND_FEATURES,
  ...MOMENTUM_FEATURES,
  ...SHAPE_FEATURES,
  ...DISTRIBUTION_FEATURES,
  ...CALENDAR_FEATURES,
  ...LAG_FEATURES,
  ...HIGHER_FEATURES,
  ...REFERENCE_FEATURES,
];

const NUMBERS: ReadonlyMap<string, number> = new Map(
  CATALOGUE.map((definition, number) => [definition.name, number]),
);

/** Place of a feature in the catalogue, or undefined for a name that it does not have. */
export function findFeatureNumber(name: string): number | undefined {
  return NUMBERS.get(name);
}

export function getFeatureNumber(name: string): number {
  const number = NUMBERS.get(name);
  if (number === undefined) throw new RangeError(`There is no feature named ${name}`);
  return number;
}

export function getFeature(name: string): FeatureDefinition {
  const definition = CATALOGUE[getFeatureNumber(name)];
  if (definition === undefined) throw new RangeError(`There is no feature named ${name}`);
  return definition;
}
