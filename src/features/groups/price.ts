import { defineGroup, type FeatureEntry } from '../definition/feature-definition.js';
import {
  change,
  lag,
  logRatio,
  minus,
  over,
  positionIn,
  scaled,
} from '../indicators/arithmetic.js';
import { BASE } from '../indicators/inputs.js';
import { LOG_CLOSE, volatilityOver } from '../indicators/units.js';
import { highest, lowest } from '../indicators/windows.js';

const RETURN_BARS = [1, 2, 3, 4, 6, 8, 12, 16, 24, 36, 48, 72, 96, 168, 336];
const SCALED_RETURN_BARS = [1, 4, 12, 24, 48, 96, 168];
const RANGE_BARS = [12, 24, 48, 96, 168, 336];

const logReturns = RETURN_BARS.map((bars): FeatureEntry => [
  `log_return_${bars}`,
  change(LOG_CLOSE, bars),
]);

/** In standard deviations: comparable between calm and wild markets. */
const scaledReturns = SCALED_RETURN_BARS.map((bars): FeatureEntry => {
  const unit = scaled(Math.sqrt(bars), volatilityOver(bars));
  return [`scaled_return_${bars}`, over(change(LOG_CLOSE, bars), unit)];
});

const returnChanges = [1, 4, 12, 24].map((bars): FeatureEntry => {
  const move = change(LOG_CLOSE, bars);
  return [`return_change_${bars}`, minus(move, lag(move, bars))];
});

const rangePositions = RANGE_BARS.map((bars): FeatureEntry => [
  `range_position_${bars}`,
  positionIn(BASE.close, lowest(BASE.low, bars), highest(BASE.high, bars)),
]);

const fromHighs = RANGE_BARS.map((bars): FeatureEntry => [
  `from_high_${bars}`,
  logRatio(BASE.close, highest(BASE.high, bars)),
]);

const fromLows = RANGE_BARS.map((bars): FeatureEntry => [
  `from_low_${bars}`,
  logRatio(BASE.close, lowest(BASE.low, bars)),
]);

export const PRICE_FEATURES = defineGroup('price', [
  ...logReturns,
  ...scaledReturns,
  ...returnChanges,
  ['open_gap', logRatio(BASE.open, lag(BASE.close, 1))],
  ...rangePositions,
  ...fromHighs,
  ...fromLows,
]);
