import type { Candle } from '../../domain/candle.js';
import { isTimeframe, timeframeMs, type Timeframe } from '../../domain/timeframe.js';
import { decimalText, roundedText } from './decimal-text.js';
import { distortCandles } from './faults.js';
import { invalidInterval } from '../dialect/binance-refusal.js';
import { getInstrument, type Route } from './route.js';

/** Turnover that one trade is counted for, so that the number of trades is plausible. */
const TURNOVER_PER_TRADE = 900;

export const klinesRoute: Route = {
  method: 'GET',
  path: '/api/v3/klines',
  weightOf: () => 2,
  answer: (request) => {
    const { query, market, nowMs, effects } = request;
    const instrument = getInstrument(request, query.getSymbol());
    const timeframe = toTimeframe(query.getText('interval'));
    if (!market.canRead(instrument, timeframe)) throw invalidInterval();
    const asked = {
      timeframe,
      startMs: query.findInteger('startTime'),
      endMs: query.findInteger('endTime'),
      limit: query.limit(500, 1000),
    };
    const stepMs = timeframeMs(timeframe);
    const candles = market.candles(instrument, asked, nowMs);
    return distortCandles(candles, { effects, stepMs, nowMs }).map((candle) =>
      toKline(candle, stepMs),
    );
  },
};

function toTimeframe(interval: string): Timeframe {
  if (!isTimeframe(interval)) throw invalidInterval();
  return interval;
}

/**
 * The twelve columns: open time, O, H, L, C, volume, close time, quote volume, trades, taker buy volume
 * in base and in quote, unused. Candles know only OHLCV: the quote volume is volume times the mean of
 * O, H, L and C, and takers are taken to buy in the measure in which the close lies high in the bar.
 */
function toKline(candle: Candle, stepMs: number): unknown[] {
  const { openTime, open, high, low, close, volume } = candle;
  const quoteVolume = (volume * (open + high + low + close)) / 4;
  const buyPart = high > low ? 0.4 + (0.2 * (close - low)) / (high - low) : 0.5;
  return [
    openTime,
    decimalText(open),
    decimalText(high),
    decimalText(low),
    decimalText(close),
    decimalText(volume),
    openTime + stepMs - 1,
    roundedText(quoteVolume),
    Math.ceil(quoteVolume / TURNOVER_PER_TRADE),
    roundedText(volume * buyPart),
    roundedText(quoteVolume * buyPart),
    '0',
  ];
}
