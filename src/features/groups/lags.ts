import type { Expression } from '../definition/expression.js';
import { defineGroup, type FeatureEntry } from '../definition/feature-definition.js';
import { distance, lag, logOnePlus, over } from '../indicators/arithmetic.js';
import { ema } from '../indicators/averages.js';
import { bodyShare, range } from '../indicators/candle-shape.js';
import { adx } from '../indicators/direction.js';
import { closeLocation, mfi } from '../indicators/flow.js';
import { BASE } from '../indicators/inputs.js';
import { macdHistogram, rsi, stochasticSlowK } from '../indicators/momentum.js';
import { bollinger, positionInChannel } from '../indicators/ranges.js';
import { ATR_14, RETURN } from '../indicators/units.js';
import { deviation, mean } from '../indicators/windows.js';

const { close, volume } = BASE;

function lags(name: string, x: Expression, bars: readonly number[]): FeatureEntry[] {
  return bars.map((count) => [`${name}_lag_${count}`, lag(x, count)]);
}

export const LAG_FEATURES = defineGroup('lags', [
  ...lags('log_return_1', RETURN, [1, 2, 3, 4, 5, 6, 12, 24]),
  ...lags('rsi_14', rsi(close, 14), [1, 2, 4, 12]),
  ...lags('volume_ratio_20', logOnePlus(over(volume, mean(volume, 20), 1)), [1, 2, 4, 24]),
  ...lags('macd_histogram', over(macdHistogram(close, [12, 26, 9]), ATR_14), [1, 2, 4]),
  ...lags('bollinger_position_20', positionInChannel(close, bollinger(close, 20)), [1, 2, 4]),
  ...lags('body_share', bodyShare(BASE), [1, 2]),
  ...lags('close_location', closeLocation(BASE), [1, 2]),
  ...lags('range_atr', over(range(BASE), ATR_14), [1, 2]),
  ...lags('mfi_14', mfi(BASE, 14), [1, 4]),
  ...lags('stochastic_slow_k_14', stochasticSlowK(BASE, 14), [1, 4]),
  ...lags('realised_vol_24', deviation(RETURN, 24), [24]),
  ...lags('ema_gap_12_50', distance(ema(close, 12), ema(close, 50), ATR_14), [4]),
  ...lags('adx_14', adx(BASE, 14), [12]),
]);
