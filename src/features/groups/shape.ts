import type { Expression } from '../definition/expression.js';
import { defineGroup, type FeatureEntry } from '../definition/feature-definition.js';
import {
  absolute,
  balanceOf,
  change,
  clamped,
  distance,
  isAbove,
  lag,
  minus,
  named,
  over,
  signOf,
  smallerOf,
  largerOf,
  times,
} from '../indicators/arithmetic.js';
import {
  body,
  bodyShare,
  lowerWick,
  range,
  streak,
  upperWick,
} from '../indicators/candle-shape.js';
import { closeLocation } from '../indicators/flow.js';
import { BASE } from '../indicators/inputs.js';
import { medianPrice } from '../indicators/ranges.js';
import { ATR_14 } from '../indicators/units.js';
import { mean, percentileRank, sum } from '../indicators/windows.js';

const { open, high, low, close } = BASE;
const BODY = body(BASE);
const RANGE = range(BASE);
const LONGEST_STREAK_BARS = 16;

const wickBalances = [5, 20].map((bars): FeatureEntry => [
  `wick_balance_${bars}`,
  balanceOf(sum(lowerWick(BASE), bars), sum(upperWick(BASE), bars)),
]);

const closeLocations = [5, 20].map((bars): FeatureEntry => [
  `close_location_mean_${bars}`,
  mean(closeLocation(BASE), bars),
]);

const bodyShares = [5, 20].map((bars): FeatureEntry => [
  `body_share_mean_${bars}`,
  over(sum(absolute(BODY), bars), sum(RANGE, bars)),
]);

/** 1 when both conditions (0 or 1) hold. */
function both(name: string, first: Expression, second: Expression): Expression {
  return named(name, times(first, second));
}

const HIGHER_HIGH = isAbove(high, lag(high, 1));
const LOWER_LOW = isAbove(lag(low, 1), low);
const LOWER_HIGH = isAbove(lag(high, 1), high);
const HIGHER_LOW = isAbove(low, lag(low, 1));

/** Size of the body against that of the last one. */
const BODY_BALANCE = balanceOf(absolute(BODY), absolute(lag(BODY, 1)));

/** −1 where the colour changed, 1 where it stayed. */
const COLOUR_PERSISTENCE = times(signOf(BODY), signOf(lag(BODY, 1)));

/** Share of the bar's range that the last bar's range covers. */
const OVERLAP = named(
  'overlap of range and range[t−1] / range',
  clamped(over(minus(smallerOf(high, lag(high, 1)), largerOf(low, lag(low, 1))), RANGE, 1), -1, 1),
);

export const SHAPE_FEATURES = defineGroup('shape', [
  ['body_share', bodyShare(BASE)],
  ['upper_wick_share', over(upperWick(BASE), RANGE)],
  ['lower_wick_share', over(lowerWick(BASE), RANGE)],
  ['close_location', closeLocation(BASE)],
  ['body_atr', over(BODY, ATR_14)],
  ['range_atr', over(RANGE, ATR_14)],
  ['upper_wick_atr', over(upperWick(BASE), ATR_14)],
  ['lower_wick_atr', over(lowerWick(BASE), ATR_14)],
  ...bodyShares,
  ...closeLocations,
  ...wickBalances,
  ['body_balance', BODY_BALANCE],
  ['colour_persistence', COLOUR_PERSISTENCE],
  ['range_overlap', OVERLAP],
  ['outside_bar', both('[outside bar]', HIGHER_HIGH, LOWER_LOW)],
  ['inside_bar', both('[inside bar]', LOWER_HIGH, HIGHER_LOW)],
  ['soldiers_3', sum(signOf(BODY), 3)],
  ['colour_sum_8', sum(signOf(BODY), 8)],
  ['gap_atr', distance(open, lag(close, 1), ATR_14)],
  ['close_step_atr', distance(close, lag(medianPrice(BASE), 1), ATR_14)],
  ['high_step_atr', distance(high, lag(high, 1), ATR_14)],
  ['low_step_atr', distance(low, lag(low, 1), ATR_14)],
  ['close_streak', streak(change(close), LONGEST_STREAK_BARS)],
  ['high_streak', streak(change(high), LONGEST_STREAK_BARS)],
  ['low_streak', streak(change(low), LONGEST_STREAK_BARS)],
  ['body_streak', streak(BODY, LONGEST_STREAK_BARS)],
  ['range_rank_7', percentileRank(RANGE, 7)],
]);
