import type { Expression } from '../definition/expression.js';
import { defineGroup, type FeatureEntry } from '../definition/feature-definition.js';
import {
  change,
  distance,
  log,
  logOnePlus,
  named,
  over,
  positionIn,
} from '../indicators/arithmetic.js';
import { sma } from '../indicators/averages.js';
import { bodyShare, range, streak } from '../indicators/candle-shape.js';
import { adx } from '../indicators/direction.js';
import { closeLocation, mfi } from '../indicators/flow.js';
import { atBase, BASE, FAR, NEAR, type Bars } from '../indicators/inputs.js';
import { macdHistogram, rsi, stochasticFastK } from '../indicators/momentum.js';
import { atr, bollinger, positionInChannel } from '../indicators/ranges.js';
import { ATR_14 } from '../indicators/units.js';
import { deviation, highest, lowest, mean } from '../indicators/windows.js';

/** What to measure on one of the higher timeframes; the farther one has about twenty bars in a span. */
interface Lengths {
  readonly returns: readonly number[];
  readonly rsi: readonly number[];
  readonly averages: readonly number[];
  readonly atr: number;
  readonly volatility: readonly number[];
  readonly volume: readonly number[];
  readonly range: number;
}

const NEAR_LENGTHS: Lengths = {
  returns: [1, 2, 3, 6],
  rsi: [7, 14],
  averages: [5, 20],
  atr: 14,
  volatility: [10, 20],
  volume: [5],
  range: 20,
};

const FAR_LENGTHS: Lengths = {
  returns: [1, 2, 3, 7, 14],
  rsi: [7, 14],
  averages: [3, 10],
  atr: 7,
  volatility: [5, 10],
  volume: [5],
  range: 10,
};

function measures(prefix: string, bars: Bars, lengths: Lengths): FeatureEntry[] {
  const unit = atr(bars, lengths.atr);
  const line = log(bars.close);
  const move = named(`${bars.prefix}r`, change(line));
  const entry = (name: string, x: Expression): FeatureEntry => [`${prefix}_${name}`, atBase(x)];
  const { range: width } = lengths;
  const place = positionIn(bars.close, lowest(bars.low, width), highest(bars.high, width));
  return [
    ...lengths.returns.map((n) => entry(`log_return_${n}`, change(line, n))),
    ...lengths.rsi.map((n) => entry(`rsi_${n}`, rsi(bars.close, n))),
    ...lengths.averages.map((n) =>
      entry(`sma_distance_${n}`, distance(bars.close, sma(bars.close, n), unit)),
    ),
    ...lengths.volatility.map((n) => entry(`realised_vol_${n}`, deviation(move, n))),
    ...lengths.volume.map((n) =>
      entry(`volume_ratio_${n}`, logOnePlus(over(bars.volume, mean(bars.volume, n), 1))),
    ),
    entry(`atr_share_${lengths.atr}`, over(unit, bars.close)),
    entry('body_share', bodyShare(bars)),
    entry('close_location', closeLocation(bars)),
    entry('range_atr', over(range(bars), unit)),
    entry('close_streak', streak(change(bars.close), 8)),
    entry(`range_position_${width}`, place),
  ];
}

/** The close of now against the newest closed bar of a higher timeframe. */
function against(prefix: string, bars: Bars): FeatureEntry[] {
  const [high, low, close] = [atBase(bars.high), atBase(bars.low), atBase(bars.close)];
  return [
    [`${prefix}_high_distance`, distance(BASE.close, high, ATR_14)],
    [`${prefix}_low_distance`, distance(BASE.close, low, ATR_14)],
    [`${prefix}_close_distance`, distance(BASE.close, close, ATR_14)],
  ];
}

const NEAR_ATR = atr(NEAR, 14);

export const HIGHER_FEATURES = defineGroup('higher', [
  ...measures('near', NEAR, NEAR_LENGTHS),
  ['near_macd_histogram', atBase(over(macdHistogram(NEAR.close, [12, 26, 9]), NEAR_ATR))],
  ['near_adx_14', atBase(adx(NEAR, 14))],
  ['near_bollinger_position_20', atBase(positionInChannel(NEAR.close, bollinger(NEAR.close, 20)))],
  ['near_stochastic_fast_k_14', atBase(stochasticFastK(NEAR, 14))],
  ['near_mfi_14', atBase(mfi(NEAR, 14))],
  ...against('near', NEAR),
  ...measures('far', FAR, FAR_LENGTHS),
  ...against('far', FAR),
]);
