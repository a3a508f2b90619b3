import { defineGroup, type FeatureEntry } from '../definition/feature-definition.js';
import {
  absolute,
  balanceOf,
  change,
  isAbove,
  lag,
  logRatio,
  over,
  scaled,
  signOf,
  times,
} from '../indicators/arithmetic.js';
import { efficiencyRatio } from '../indicators/averages.js';
import { BASE } from '../indicators/inputs.js';
import { LOG_CLOSE, RETURN } from '../indicators/units.js';
import {
  barsSinceHighest,
  barsSinceLowest,
  correlation,
  deviation,
  highest,
  kurtosis,
  lowest,
  mean,
  skewness,
  sum,
  variance,
} from '../indicators/windows.js';

const ABSOLUTE_RETURN = absolute(RETURN);

const skews = [48, 96, 168].map((bars): FeatureEntry => [
  `skewness_${bars}`,
  skewness(RETURN, bars),
]);

const kurtoses = [48, 96, 168].map((bars): FeatureEntry => [
  `kurtosis_${bars}`,
  kurtosis(RETURN, bars),
]);

const autocorrelations = (
  [
    [1, 24],
    [1, 48],
    [1, 96],
    [2, 96],
  ] as const
).map(([lagBars, bars]): FeatureEntry => [
  `autocorrelation_${lagBars}_${bars}`,
  correlation(RETURN, lag(RETURN, lagBars), bars),
]);

/** Clustering of volatility: autocorrelation of the absolute returns. */
const clusterings = [48, 168].map((bars): FeatureEntry => [
  `vol_clustering_${bars}`,
  correlation(ABSOLUTE_RETURN, lag(ABSOLUTE_RETURN, 1), bars),
]);

const upFractions = [5, 10, 20, 50, 100].map((bars): FeatureEntry => [
  `up_balance_${bars}`,
  mean(signOf(RETURN), bars),
]);

const efficiencies = [10, 20, 50, 100].map((bars): FeatureEntry => [
  `efficiency_ratio_${bars}`,
  efficiencyRatio(BASE.close, bars),
  { source: 'Kaufman 1995' },
]);

/** Above 1 where moves persist, below where they revert, as Hurst's exponent above and below one half. */
const varianceRatios = (
  [
    [2, 48],
    [4, 96],
    [8, 168],
    [24, 480],
  ] as const
).map(([step, bars]): FeatureEntry => {
  const coarse = variance(change(LOG_CLOSE, step), bars);
  return [
    `variance_ratio_${step}_${bars}`,
    over(coarse, scaled(step, variance(RETURN, bars + step - 1)), 1),
    { source: 'Lo and MacKinlay 1988' },
  ];
});

const ages = [24, 96, 336].flatMap((bars): FeatureEntry[] => [
  [`high_age_${bars}`, scaled(1 / bars, barsSinceHighest(BASE.high, bars))],
  [`low_age_${bars}`, scaled(1 / bars, barsSinceLowest(BASE.low, bars))],
]);

const sharpes = [12, 24, 48, 96, 168].map((bars): FeatureEntry => [
  `sharpe_${bars}`,
  over(mean(RETURN, bars), deviation(RETURN, bars)),
]);

const extremeBalances = [24, 96].map((bars): FeatureEntry => [
  `extreme_balance_${bars}`,
  balanceOf(highest(RETURN, bars), scaled(-1, lowest(RETURN, bars))),
]);

export const DISTRIBUTION_FEATURES = defineGroup('distribution', [
  ...skews,
  ...kurtoses,
  ...autocorrelations,
  ...clusterings,
  ...upFractions,
  ...efficiencies,
  ...varianceRatios,
  ['mean_drawdown_24', mean(logRatio(BASE.close, highest(BASE.close, 24)), 24)],
  ...ages,
  ...sharpes,
  ['tail_share_48', mean(isAbove(ABSOLUTE_RETURN, scaled(2, deviation(RETURN, 48))), 48)],
  ['sign_persistence_24', mean(times(signOf(RETURN), lag(signOf(RETURN), 1)), 24)],
  ['mean_to_deviation_48', over(mean(ABSOLUTE_RETURN, 48), deviation(RETURN, 48))],
  ['path_share_24', over(sum(RETURN, 24), sum(ABSOLUTE_RETURN, 24))],
  ...extremeBalances,
]);
