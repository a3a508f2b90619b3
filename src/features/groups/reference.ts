import type { Expression } from '../definition/expression.js';
import { defineGroup, type FeatureEntry } from '../definition/feature-definition.js';
import {
  balanceOf,
  change,
  distance,
  lag,
  log,
  logRatio,
  minus,
  named,
  over,
  positionIn,
  scaled,
  times,
} from '../indicators/arithmetic.js';
import { ema } from '../indicators/averages.js';
import { OTHER_CLOSE, REFERENCE_CLOSE } from '../indicators/inputs.js';
import { rsi } from '../indicators/momentum.js';
import { LOG_CLOSE, LOG_REFERENCE, REFERENCE_RETURN, RETURN } from '../indicators/units.js';
import {
  correlation,
  covariance,
  deviation,
  highest,
  lowest,
  standardised,
  variance,
} from '../indicators/windows.js';

const LOG_OTHER = log(OTHER_CLOSE);
const OTHER_RETURN = named('r other', change(LOG_OTHER));
/** ln of the price in units of the reference: its rise is relative strength. */
const STRENGTH = named('ln(close / reference)', minus(LOG_CLOSE, LOG_OTHER));

const referenceReturns = [1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 168].map((bars): FeatureEntry => [
  `reference_return_${bars}`,
  change(LOG_REFERENCE, bars),
]);

const referenceVols = [12, 24, 168].map((bars): FeatureEntry => [
  `reference_vol_${bars}`,
  deviation(REFERENCE_RETURN, bars),
]);

const referenceVolTrends = (
  [
    [12, 48],
    [24, 168],
  ] as const
).map(([short, long]): FeatureEntry => [
  `reference_vol_trend_${short}_${long}`,
  balanceOf(deviation(REFERENCE_RETURN, short), deviation(REFERENCE_RETURN, long)),
]);

const referencePositions = [24, 96].map((bars): FeatureEntry => [
  `reference_range_position_${bars}`,
  positionIn(REFERENCE_CLOSE, lowest(REFERENCE_CLOSE, bars), highest(REFERENCE_CLOSE, bars)),
]);

const excessReturns = [1, 2, 4, 6, 12, 24, 48, 72, 168].map((bars): FeatureEntry => [
  `excess_return_${bars}`,
  change(STRENGTH, bars),
]);

const betas = [48, 168].map((bars): FeatureEntry => [`beta_${bars}`, beta(bars)]);

const correlations = [24, 48, 168].map((bars): FeatureEntry => [
  `reference_correlation_${bars}`,
  correlation(RETURN, OTHER_RETURN, bars),
]);

/** What the reference's move does not explain, given the beta known a bar before the move began. */
const residuals = [1, 4, 24].map((bars): FeatureEntry => {
  const explained = times(lag(beta(168), bars), change(LOG_OTHER, bars));
  return [`residual_return_${bars}`, minus(change(LOG_CLOSE, bars), explained)];
});

const strengths = [48, 168].map((bars): FeatureEntry => [
  `strength_zscore_${bars}`,
  standardised(STRENGTH, bars),
]);

const relativeVols = [24, 168].map((bars): FeatureEntry => [
  `relative_vol_${bars}`,
  balanceOf(deviation(RETURN, bars), deviation(OTHER_RETURN, bars)),
]);

/** Whether the series follows the reference with a delay of one bar. */
const follows = [48, 168].map((bars): FeatureEntry => [
  `reference_lead_${bars}`,
  correlation(RETURN, lag(OTHER_RETURN, 1), bars),
]);

function beta(bars: number): Expression {
  const slope = over(covariance(RETURN, OTHER_RETURN, bars), variance(OTHER_RETURN, bars));
  return named(`beta(r, r other, ${bars})`, slope);
}

export const REFERENCE_FEATURES = defineGroup('reference', [
  ...referenceReturns,
  ...referenceVols,
  ...referenceVolTrends,
  ['reference_zscore_24', standardised(LOG_REFERENCE, 24)],
  ['reference_zscore_168', standardised(LOG_REFERENCE, 168)],
  ['reference_rsi_14', rsi(REFERENCE_CLOSE, 14)],
  ...referencePositions,
  ['reference_from_high_168', logRatio(REFERENCE_CLOSE, highest(REFERENCE_CLOSE, 168))],
  [
    'reference_scaled_return_4',
    scaled(0.5, over(change(LOG_REFERENCE, 4), deviation(REFERENCE_RETURN, 48))),
  ],
  ...[1, 2].map((bars): FeatureEntry => [
    `reference_return_1_lag_${bars}`,
    lag(REFERENCE_RETURN, bars),
  ]),
  ...excessReturns,
  ...betas,
  ...correlations,
  ...residuals,
  ...strengths,
  [
    'strength_ema_distance_24',
    distance(STRENGTH, ema(STRENGTH, 24), deviation(change(STRENGTH), 168)),
  ],
  ...relativeVols,
  ...follows,
]);
