// Candles with signals and fills, drawn by lightweight-charts.
import { CandlestickSeries, createChart, createSeriesMarkers } from '/page/lightweight-charts.mjs';

const COLORS = {
  BUY: { model: '#26a69a', fallback: '#26a69a66' },
  SELL: { model: '#ef5350', fallback: '#ef535066' },
};
const FILL_COLOR = '#64b5f6';

const seconds = (iso) => Date.parse(iso) / 1000;

export function createCharts(container) {
  const chart = createChart(container, {
    autoSize: true,
    layout: { background: { color: 'transparent' }, textColor: '#9aa1b2' },
    grid: { vertLines: { color: '#222838' }, horzLines: { color: '#222838' } },
    timeScale: { timeVisible: true, secondsVisible: false },
  });
  const series = chart.addSeries(CandlestickSeries, {
    upColor: '#26a69a',
    downColor: '#ef5350',
    borderVisible: false,
    wickUpColor: '#26a69a',
    wickDownColor: '#ef5350',
  });
  const markers = createSeriesMarkers(series, []);
  let shown;
  return {
    show(symbol, candles, signals, trades) {
      if (candles.length === 0) return;
      series.applyOptions({ priceFormat: priceFormat(candles.at(-1).close) });
      series.setData(candles.map((c) => ({ ...c, time: seconds(c.open_time) })));
      const first = seconds(candles[0].open_time);
      const marks = [...signalMarkers(signals), ...fillMarkers(trades, candles)];
      markers.setMarkers(marks.filter((m) => m.time >= first).sort((a, b) => a.time - b.time));
      if (shown !== symbol) chart.timeScale().fitContent();
      shown = symbol;
    },
  };
}

function signalMarkers(signals) {
  return signals
    .filter(({ prediction }) => prediction !== 'HOLD')
    .map(({ prediction, fallback, candle_open_time }) => ({
      time: seconds(candle_open_time),
      position: prediction === 'BUY' ? 'belowBar' : 'aboveBar',
      shape: prediction === 'BUY' ? 'arrowUp' : 'arrowDown',
      color: COLORS[prediction][fallback ? 'fallback' : 'model'],
      size: fallback ? 0.7 : 1,
    }));
}

/** A fill lies inside a bar; it is shown at the bar that holds it. */
function fillMarkers(trades, candles) {
  const times = candles.map((candle) => seconds(candle.open_time));
  return trades.flatMap(({ side, filled_at }) => {
    const at = times.findLast((time) => time <= seconds(filled_at));
    if (at === undefined) return [];
    return [
      { time: at, position: 'inBar', shape: 'circle', color: FILL_COLOR, text: side, size: 1 },
    ];
  });
}

/** Enough digits for the price at hand: 0.00002 and 60,000 both stay readable. */
function priceFormat(price) {
  const digits = Math.max(2, Math.min(8, 5 - Math.floor(Math.log10(price))));
  return { type: 'price', precision: digits, minMove: 10 ** -digits };
}
