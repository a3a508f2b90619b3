import type { Expression } from '../definition/expression.js';
import {
  defineGroup,
  type FeatureEntry,
  type FeatureOptions,
} from '../definition/feature-definition.js';
import {
  change,
  clamped,
  distance,
  lag,
  logRatio,
  minus,
  named,
  over,
  positionIn,
  scaled,
  shifted,
} from '../indicators/arithmetic.js';
import { ema, sma } from '../indicators/averages.js';
import { body } from '../indicators/candle-shape.js';
import { BASE } from '../indicators/inputs.js';
import {
  awesome,
  cci,
  chandeMomentum,
  roc,
  rsi,
  stochasticFastK,
  stochasticRsi,
  stochasticSlowD,
  stochasticSlowK,
  trix,
  tsi,
  ultimateOscillator,
  vigorIndex,
} from '../indicators/momentum.js';
import { atr, medianPrice } from '../indicators/ranges.js';
import { ATR_14 } from '../indicators/units.js';
import { highest, lowest, mean, standardised } from '../indicators/windows.js';

const { close, high, low } = BASE;
const RSI_14 = rsi(close, 14);
const STOCHASTIC: FeatureOptions = { source: 'Lane; TA-Lib STOCH / 100' };

const rsis = [3, 7, 14, 21, 28, 50].map((bars): FeatureEntry => [
  `rsi_${bars}`,
  rsi(close, bars),
  { source: 'Wilder 1978; TA-Lib RSI / 100' },
]);

const fastKs = [5, 14, 28].map((bars): FeatureEntry => [
  `stochastic_fast_k_${bars}`,
  stochasticFastK(BASE, bars),
  STOCHASTIC,
]);

const williams = [10, 20].map((bars): FeatureEntry => [
  `williams_r_${bars}`,
  shifted(stochasticFastK(BASE, bars), -1),
  { source: 'Williams; TA-Lib WILLR / 100' },
]);

const ccis = [14, 20].map((bars): FeatureEntry => [
  `cci_${bars}`,
  scaled(1 / 100, cci(BASE, bars)),
  { source: 'Lambert 1980; TA-Lib CCI / 100' },
]);

const rocs = [9, 21].map((bars): FeatureEntry => [
  `roc_${bars}`,
  over(roc(close, bars), over(ATR_14, close)),
  { source: 'TA-Lib ROC in ATR' },
]);

const cmos = [9, 20].map((bars): FeatureEntry => [
  `cmo_${bars}`,
  chandeMomentum(close, bars),
  { source: 'Chande 1994, plain sums' },
]);

const qsticks = [8, 20].map((bars): FeatureEntry => [
  `qstick_${bars}`,
  over(mean(body(BASE), bars), ATR_14),
  { source: 'Chande’s Qstick in ATR' },
]);

/** Fisher's transform of the close's place in its range, kept off the poles at ±1. */
function fisher(bars: number): Expression {
  const place = clamped(positionIn(close, lowest(low, bars), highest(high, bars)), 0.001, 0.999);
  const mirrored = shifted(scaled(-1, place), 1);
  return named(`Fisher(${bars})`, scaled(0.5, logRatio(place, mirrored)));
}

export const MOMENTUM_FEATURES = defineGroup('momentum', [
  ...rsis,
  ['rsi_change_14', change(RSI_14, 3)],
  ['rsi_zscore_14_100', standardised(RSI_14, 100)],
  ...fastKs,
  ['stochastic_slow_k_14', stochasticSlowK(BASE, 14), STOCHASTIC],
  ['stochastic_slow_d_14', stochasticSlowD(BASE, 14), STOCHASTIC],
  ['stochastic_gap_14', minus(stochasticSlowK(BASE, 14), stochasticSlowD(BASE, 14)), STOCHASTIC],
  ['stochastic_rsi_14', stochasticRsi(close, 14), { source: 'Chande and Kroll 1994' }],
  ...williams,
  ...ccis,
  ...rocs,
  ['tsi_25_13', tsi(close, 25, 13), { source: 'Blau 1991' }],
  ['tsi_13_7', tsi(close, 13, 7), { source: 'Blau 1991' }],
  [
    'ultimate_oscillator',
    ultimateOscillator(BASE, [7, 14, 28]),
    { source: 'Williams 1976; TA-Lib ULTOSC / 100' },
  ],
  ...cmos,
  [
    'trix_15',
    over(trix(close, 15), over(ATR_14, close)),
    { source: 'Hutson 1983; TA-Lib TRIX in ATR' },
  ],
  ['vigor_index_10', vigorIndex(BASE, 10), { source: 'after Ehlers 2002' }],
  ['bull_power_13', distance(high, ema(close, 13), ATR_14), { source: 'Elder 1993, in ATR' }],
  ['bear_power_13', distance(low, ema(close, 13), ATR_14), { source: 'Elder 1993, in ATR' }],
  [
    'awesome_oscillator',
    over(awesome(medianPrice(BASE)), atr(BASE, 28)),
    { source: 'Williams, in ATR' },
  ],
  ['fisher_10', fisher(10), { source: 'after Ehlers 2002' }],
  ['detrended_price_20', distance(lag(close, 11), sma(close, 20), ATR_14)],
  ...qsticks,
]);
