import type { Expression } from '../definition/expression.js';
import { defineGroup, type FeatureEntry } from '../definition/feature-definition.js';
import {
  absolute,
  balanceOf,
  lag,
  logOnePlus,
  minus,
  over,
  scaled,
  signOf,
  times,
} from '../indicators/arithmetic.js';
import { ema } from '../indicators/averages.js';
import {
  closeLocation,
  cmf,
  forceShare,
  mfi,
  signedVolumeShare,
  vwapDistance,
} from '../indicators/flow.js';
import { BASE } from '../indicators/inputs.js';
import { ATR_14, RETURN } from '../indicators/units.js';
import {
  barsSinceHighest,
  correlation,
  deviation,
  mean,
  standardised,
  sum,
} from '../indicators/windows.js';

const { volume } = BASE;
const ABSOLUTE_RETURN = absolute(RETURN);
const MONEY_FLOW_VOLUME = times(closeLocation(BASE), volume);

const ratios = [5, 10, 20, 50, 168].map((bars): FeatureEntry => [
  `volume_ratio_${bars}`,
  logOnePlus(over(volume, mean(volume, bars), 1)),
]);

const zScores = [20, 100].map((bars): FeatureEntry => [
  `volume_zscore_${bars}`,
  standardised(volume, bars),
]);

const trends = (
  [
    [5, 20],
    [24, 168],
    [48, 336],
  ] as const
).map(([short, long]): FeatureEntry => [
  `volume_trend_${short}_${long}`,
  balanceOf(mean(volume, short), mean(volume, long)),
]);

const changes = [1, 24].map((bars): FeatureEntry => [
  `volume_change_${bars}`,
  balanceOf(volume, lag(volume, bars)),
]);

const shares = [5, 10, 20, 50, 100].map((bars): FeatureEntry => [
  `obv_share_${bars}`,
  signedVolumeShare(BASE, bars),
  { source: 'bounded form of Granville’s on-balance volume (1963)' },
]);

const moneyFlows = [10, 20, 50].map((bars): FeatureEntry => [
  `cmf_${bars}`,
  cmf(BASE, bars),
  { source: 'Chaikin money flow' },
]);

const moneyFlowIndices = [7, 14, 28].map((bars): FeatureEntry => [
  `mfi_${bars}`,
  mfi(BASE, bars),
  { source: 'Quong and Soudack 1989; TA-Lib MFI / 100' },
]);

const vwapDistances = [12, 24, 48, 96, 168].map((bars): FeatureEntry => [
  `vwap_distance_${bars}`,
  vwapDistance(BASE, bars, ATR_14),
]);

/** Mean return weighted by volume, in standard deviations. */
const weightedReturns = [12, 24, 96].map((bars): FeatureEntry => {
  const weighted = over(sum(times(RETURN, volume), bars), sum(volume, bars));
  return [`volume_weighted_return_${bars}`, over(weighted, deviation(RETURN, bars))];
});

const moveCorrelations = [48, 168].map((bars): FeatureEntry => [
  `volume_move_correlation_${bars}`,
  correlation(ABSOLUTE_RETURN, volume, bars),
]);

/** How far the price moves for what trades, as Amihud's illiquidity (2002) measures it. */
function impact(bars: number): Expression {
  return over(sum(ABSOLUTE_RETURN, bars), sum(volume, bars));
}

export const VOLUME_FEATURES = defineGroup('volume', [
  ...ratios,
  ...zScores,
  ...trends,
  ...changes,
  ['volume_variation_48', over(deviation(volume, 48), mean(volume, 48))],
  ['volume_peak_age_96', scaled(1 / 96, barsSinceHighest(volume, 96))],
  ['traded_share_24', mean(signOf(volume), 24)],
  ...shares,
  ...moneyFlows,
  ...moneyFlowIndices,
  ...vwapDistances,
  ['force_share_13', forceShare(BASE, 13), { source: 'bounded form of Elder’s force index' }],
  ['impact_24_168', balanceOf(impact(24), impact(168)), { source: 'after Amihud 2002' }],
  ...weightedReturns,
  ...moveCorrelations,
  [
    'chaikin_oscillator',
    over(minus(ema(MONEY_FLOW_VOLUME, 3), ema(MONEY_FLOW_VOLUME, 10)), ema(volume, 10)),
    { source: 'Chaikin oscillator relative to volume' },
  ],
  ['pvo_12_26', over(minus(ema(volume, 12), ema(volume, 26)), ema(volume, 26))],
]);
