/** The groups of the catalogue of features, in its order. */
export const FEATURE_GROUPS = [
  'price',
  'volume',
  'volatility',
  'trend',
  'momentum',
  'shape',
  'distribution',
  'calendar',
  'lags',
  'higher',
  'reference',
] as const;

export type FeatureGroup = (typeof FEATURE_GROUPS)[number];
