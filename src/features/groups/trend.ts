import type { Expression } from '../definition/expression.js';
import {
  defineGroup,
  type FeatureEntry,
  type FeatureOptions,
} from '../definition/feature-definition.js';
import {
  change,
  distance,
  isAbove,
  lag,
  named,
  over,
  plus,
  scaled,
  signOf,
  minus,
} from '../indicators/arithmetic.js';
import { ema, hma, kama, sma, tema, wma } from '../indicators/averages.js';
import {
  adx,
  aroonOscillator,
  choppiness,
  directionalBalance,
  minusDi,
  plusDi,
  superTrend,
  vortexBalance,
} from '../indicators/direction.js';
import { BASE } from '../indicators/inputs.js';
import { macd, macdHistogram, macdSignal } from '../indicators/momentum.js';
import { bollinger, donchian, keltner, positionInChannel } from '../indicators/ranges.js';
import { ATR_14, LOG_CLOSE, volatilityOver } from '../indicators/units.js';
import { mean, rSquared, slope } from '../indicators/windows.js';

const { close } = BASE;
const WILDER: FeatureOptions = { source: 'Wilder 1978; TA-Lib, as a fraction' };

/** Distance of the close from a moving average in ATR. */
function away(name: string, average: Expression): FeatureEntry {
  return [name, distance(close, average, ATR_14)];
}

/** How far an average moved over the last bars, in ATR. */
function drift(name: string, average: Expression, bars: number): FeatureEntry {
  return [name, distance(average, lag(average, bars), ATR_14)];
}

const smaDistances = [5, 10, 20, 50, 100, 200, 400].map((bars) =>
  away(`sma_distance_${bars}`, sma(close, bars)),
);

const emaDistances = [5, 12, 21, 50].map((bars) => away(`ema_distance_${bars}`, ema(close, bars)));

const smaSlopes = [10, 20, 50, 100].map((bars) => drift(`sma_slope_${bars}`, sma(close, bars), 5));

const smaGaps = (
  [
    [10, 50],
    [20, 100],
    [50, 200],
  ] as const
).map(([short, long]): FeatureEntry => [
  `sma_gap_${short}_${long}`,
  distance(sma(close, short), sma(close, long), ATR_14),
]);

const emaGaps = (
  [
    [5, 21],
    [12, 50],
  ] as const
).map(([short, long]): FeatureEntry => [
  `ema_gap_${short}_${long}`,
  distance(ema(close, short), ema(close, long), ATR_14),
]);

const MACD_LENGTHS = [
  [12, 26, 9],
  [5, 35, 5],
] as const;

const macds = MACD_LENGTHS.flatMap((lengths): FeatureEntry[] => {
  const [fast, slow, signal] = lengths;
  const source = 'Appel; TA-Lib MACD in ATR';
  return [
    [`macd_${fast}_${slow}`, over(macd(close, fast, slow), ATR_14), { source }],
    [
      `macd_histogram_${fast}_${slow}_${signal}`,
      over(macdHistogram(close, lengths), ATR_14),
      { source },
    ],
  ];
});

const directional = [7, 14].flatMap((bars): FeatureEntry[] => [
  [`adx_${bars}`, adx(BASE, bars), WILDER],
  [`di_balance_${bars}`, directionalBalance(BASE, bars), WILDER],
]);

const regressions = [10, 20, 50, 100].flatMap((bars): FeatureEntry[] => [
  [`regression_slope_${bars}`, over(slope(LOG_CLOSE, bars), volatilityOver(bars))],
  [`regression_r2_${bars}`, rSquared(LOG_CLOSE, bars)],
]);

const bollingers = [20, 50].map((bars): FeatureEntry => [
  `bollinger_position_${bars}`,
  positionInChannel(close, bollinger(close, bars)),
  { source: 'Bollinger’s %b' },
]);

const superTrends = (
  [
    [10, 3],
    [20, 5],
  ] as const
).map(([bars, factor]) =>
  away(`supertrend_distance_${bars}_${factor}`, superTrend(BASE, bars, factor)),
);

const CONVERSION_LINE = donchian(BASE, 9).middle;
const BASE_LINE = donchian(BASE, 26).middle;

/** Mean sign of the steps between neighbouring averages: 1 when all are stacked upward. */
const ALIGNMENT = named(
  'mean sign of SMA 5−10, 10−20, 20−50, 50−100',
  scaled(1 / 4, plus(plus(step(5, 10), step(10, 20)), plus(step(20, 50), step(50, 100)))),
);

function step(short: number, long: number): Expression {
  return signOf(minus(sma(close, short), sma(close, long)));
}

export const TREND_FEATURES = defineGroup('trend', [
  ...smaDistances,
  ...emaDistances,
  away('wma_distance_20', wma(close, 20)),
  away('hma_distance_21', hma(close, 21)),
  away('tema_distance_20', tema(close, 20)),
  away('kama_distance_10', kama(close, 10)),
  ...smaSlopes,
  drift('ema_slope_12', ema(close, 12), 3),
  ...smaGaps,
  ...emaGaps,
  ...macds,
  [
    'macd_signal_12_26_9',
    over(macdSignal(close, [12, 26, 9]), ATR_14),
    { source: 'Appel; TA-Lib MACD in ATR' },
  ],
  ...directional,
  ['plus_di_14', plusDi(BASE, 14), WILDER],
  ['minus_di_14', minusDi(BASE, 14), WILDER],
  ['adx_change_14', change(adx(BASE, 14), 5), WILDER],
  ...[14, 25, 50].map((bars): FeatureEntry => [
    `aroon_oscillator_${bars}`,
    aroonOscillator(BASE, bars),
    { source: 'Chande 1995; TA-Lib AROONOSC / 100' },
  ]),
  ...regressions,
  ...superTrends,
  ['keltner_position_20', positionInChannel(close, keltner(BASE, 20))],
  ...bollingers,
  ['vortex_balance_14', vortexBalance(BASE, 14), { source: 'Botes and Siepman 2010' }],
  ['choppiness_14', choppiness(BASE, 14), { source: 'Dreiss' }],
  ['ichimoku_gap', distance(CONVERSION_LINE, BASE_LINE, ATR_14), { source: 'Hosoda 1969' }],
  ['ichimoku_distance', distance(close, BASE_LINE, ATR_14), { source: 'Hosoda 1969' }],
  ['sma_alignment', ALIGNMENT],
  ['above_sma_20_share', mean(isAbove(close, sma(close, 20)), 20)],
  ['above_sma_50_share', mean(isAbove(close, sma(close, 50)), 50)],
]);
