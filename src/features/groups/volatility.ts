import { defineGroup, type FeatureEntry } from '../definition/feature-definition.js';
import {
  absolute,
  balanceOf,
  gainOf,
  lag,
  lossOf,
  minus,
  over,
  positionIn,
  scaled,
  shifted,
  squareRoot,
  times,
} from '../indicators/arithmetic.js';
import { ema } from '../indicators/averages.js';
import { range } from '../indicators/candle-shape.js';
import { BASE } from '../indicators/inputs.js';
import {
  atr,
  bollinger,
  channelWidth,
  donchian,
  garmanKlass,
  parkinson,
  rogersSatchell,
  trueRange,
} from '../indicators/ranges.js';
import { ATR_14, RETURN } from '../indicators/units.js';
import { deviation, highest, lowest, mean } from '../indicators/windows.js';

const ABSOLUTE_RETURN = absolute(RETURN);
const SQUARED_RETURN = times(RETURN, RETURN);

const realised = [6, 12, 24, 48, 96, 168].map((bars): FeatureEntry => [
  `realised_vol_${bars}`,
  deviation(RETURN, bars),
]);

const parkinsons = [6, 24, 96].map((bars): FeatureEntry => [
  `parkinson_${bars}`,
  parkinson(BASE, bars),
  { source: 'Parkinson 1980' },
]);

const garmanKlasses = [12, 48].map((bars): FeatureEntry => [
  `garman_klass_${bars}`,
  garmanKlass(BASE, bars),
  { source: 'Garman and Klass 1980' },
]);

const rogersSatchells = [24, 96].map((bars): FeatureEntry => [
  `rogers_satchell_${bars}`,
  rogersSatchell(BASE, bars),
  { source: 'Rogers and Satchell 1991' },
]);

const atrShares = [7, 14, 28, 100].map((bars): FeatureEntry => [
  `atr_share_${bars}`,
  over(atr(BASE, bars), BASE.close),
  { source: 'Wilder 1978; TA-Lib NATR / 100' },
]);

const rangeRatios = [10, 24].map((bars): FeatureEntry => [
  `range_ratio_${bars}`,
  over(range(BASE), mean(range(BASE), bars), 1),
]);

const volRatios = (
  [
    [6, 24],
    [12, 48],
    [24, 96],
    [24, 168],
    [48, 336],
  ] as const
).map(([short, long]): FeatureEntry => [
  `vol_trend_${short}_${long}`,
  balanceOf(deviation(RETURN, short), deviation(RETURN, long)),
]);

const volsOfVol = (
  [
    [12, 48],
    [24, 168],
  ] as const
).map(([inner, outer]): FeatureEntry => {
  const vol = deviation(RETURN, inner);
  return [`vol_of_vol_${inner}_${outer}`, over(deviation(vol, outer), mean(vol, outer))];
});

/** Which side moves more: root mean square of the gains against that of the losses. */
const sideBalances = [24, 96].map((bars): FeatureEntry => {
  const up = squareRoot(mean(times(gainOf(RETURN), gainOf(RETURN)), bars));
  const down = squareRoot(mean(times(lossOf(RETURN), lossOf(RETURN)), bars));
  return [`semideviation_balance_${bars}`, balanceOf(up, down)];
});

const largestMoves = [24, 96].map((bars): FeatureEntry => [
  `largest_move_${bars}`,
  over(highest(ABSOLUTE_RETURN, bars), deviation(RETURN, bars)),
]);

const jumpShares = [24, 96].map((bars): FeatureEntry => {
  const smooth = mean(times(ABSOLUTE_RETURN, lag(ABSOLUTE_RETURN, 1)), bars);
  const ratio = over(scaled(Math.PI / 2, smooth), mean(SQUARED_RETURN, bars), 1);
  return [
    `jump_share_${bars}`,
    shifted(scaled(-1, ratio), 1),
    { source: 'bipower variation, Barndorff-Nielsen and Shephard 2004' },
  ];
});

const VOL_24 = deviation(RETURN, 24);
const CHANNEL = donchian(BASE, 48);
const BANDS = bollinger(BASE.close, 20);

export const VOLATILITY_FEATURES = defineGroup('volatility', [
  ...realised,
  ...parkinsons,
  ...garmanKlasses,
  ...rogersSatchells,
  ...atrShares,
  ['true_range_ratio', over(trueRange(BASE), ATR_14, 1)],
  ...rangeRatios,
  ...volRatios,
  ...volsOfVol,
  ['vol_position_24_96', positionIn(VOL_24, lowest(VOL_24, 96), highest(VOL_24, 96))],
  ['vol_change_24', balanceOf(VOL_24, lag(VOL_24, 24))],
  ...sideBalances,
  ['bollinger_width_20', channelWidth(BANDS)],
  [
    'squeeze_20',
    over(minus(BANDS.upper, BANDS.lower), scaled(4, atr(BASE, 20)), 1),
    { source: 'width of Bollinger’s bands over that of Keltner’s' },
  ],
  ['donchian_width_48', over(minus(CHANNEL.upper, CHANNEL.lower), ATR_14)],
  ['range_to_close_vol_24', balanceOf(parkinson(BASE, 24), deviation(RETURN, 24))],
  ...largestMoves,
  ['ewma_vol_20', squareRoot(ema(SQUARED_RETURN, 20)), { source: 'RiskMetrics 1996' }],
  ['shock_20', over(RETURN, squareRoot(lag(ema(SQUARED_RETURN, 20), 1)))],
  ...jumpShares,
]);
