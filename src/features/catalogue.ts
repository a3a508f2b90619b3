import type { FeatureGroup } from '../domain/feature-groups.js';
import type { FeatureDefinition } from './definition/feature-definition.js';
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
import type { Expression } from './definition/expression.js';

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

function comparesWithReference({ leaf, inputs }: Expression): boolean {
  return leaf === 'other.close' || inputs.some(comparesWithReference);
}

/** Features that compare a series with the reference symbol. */
export const COMPARISONS: ReadonlySet<string> = new Set(
  CATALOGUE.filter(({ expression }) => comparesWithReference(expression)).map(({ name }) => name),
);

/**
 * Features that are the same for every symbol and change over weeks, so that they mostly say which week
 * it is. In a window of months a tree uses them to memorise what happened that week. Without them both
 * single and pooled models had more skill on candles that they had not seen.
 */
export const MARKET_TIMES: ReadonlySet<string> = new Set([
  'month_share',
  'reference_return_168',
  'reference_vol_12',
  'reference_vol_24',
  'reference_vol_168',
  'reference_vol_trend_24_168',
  'reference_zscore_168',
  'reference_from_high_168',
]);

/** The features that a model may select from. */
export const CANDIDATE_FEATURES: readonly string[] = CATALOGUE.map(({ name }) => name).filter(
  (name) => !MARKET_TIMES.has(name),
);

/** Those of some groups; undefined for all of them, as where nothing is chosen. */
export function candidatesOf(groups: readonly FeatureGroup[]): readonly string[] | undefined {
  const left = new Set<FeatureGroup>(groups);
  const candidates = CANDIDATE_FEATURES.filter((name) => left.has(getFeature(name).group));
  return candidates.length === CANDIDATE_FEATURES.length ? undefined : candidates;
}
