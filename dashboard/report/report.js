// The page of a backtest's report. Everything it shows lies in the page: no network is asked.
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('data').textContent);
  const { createChart, createSeriesMarkers, LineSeries, AreaSeries, CandlestickSeries } =
    window.LightweightCharts;
  const PAGE_ROWS = 50;
  /** Trades in sight whose exits are named; more would cover each other. */
  const MOST_WORDS = 40;
  /** Trades in sight that are marked: more are a blot, and take longer to draw than a frame. */
  const MOST_MARKED = 300;
  /** Marks are set once the chart stands still: each setting draws all of it again. */
  const STILL_MS = 120;
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const percent = (value) => (value === null ? '–' : `${(100 * value).toFixed(2)} %`);
  const number = (value, digits = 2) =>
    value === null
      ? '–'
      : value.toLocaleString('en', {
          minimumFractionDigits: digits,
          maximumFractionDigits: digits,
        });
  const date = (seconds) => new Date(seconds * 1000).toISOString().slice(0, 16).replace('T', ' ');
  // An axis that ends at 0 has a last value of 1e-21 or so.
  const price = (value) =>
    Math.abs(value) < 1e-15 ? '0' : Number(value.toPrecision(7)).toString();

  function chartIn(id, options = {}) {
    const element = document.getElementById(id);
    return createChart(element, {
      autoSize: true,
      layout: {
        background: { color: css('--panel') },
        textColor: css('--text'),
        attributionLogo: false,
      },
      grid: { vertLines: { color: css('--line') }, horzLines: { color: css('--line') } },
      // Thousands of points must fit into the width of a phone.
      timeScale: { timeVisible: true, borderColor: css('--line'), minBarSpacing: 0.05 },
      rightPriceScale: { borderColor: css('--line') },
      ...options,
    });
  }

  function line(values) {
    return data.curve.at.map((time, index) => ({ time, value: values[index] }));
  }

  const equityChart = chartIn('equity');
  equityChart
    .addSeries(LineSeries, { color: css('--accent'), lineWidth: 2, priceLineVisible: false })
    .setData(line(data.curve.equity));
  equityChart
    .addSeries(LineSeries, { color: css('--muted'), lineWidth: 1, priceLineVisible: false })
    .setData(line(data.curve.hold));
  if (data.curve.rules.length > 0) {
    equityChart
      .addSeries(LineSeries, { color: css('--up'), lineWidth: 1, priceLineVisible: false })
      .setData(line(data.curve.rules));
  }
  equityChart.timeScale().fitContent();

  const fallChart = chartIn('drawdown');
  fallChart
    .addSeries(AreaSeries, {
      lineColor: css('--down'),
      topColor: 'transparent',
      bottomColor: css('--down'),
      lineWidth: 1,
      priceLineVisible: false,
      priceFormat: { type: 'custom', formatter: (value) => `${value.toFixed(1)} %` },
    })
    .setData(line(data.curve.drawdown.map((value) => -100 * value)));
  fallChart.timeScale().fitContent();

  // Candles with the trades of the chosen symbol.
  const chooser = document.getElementById('symbol');
  for (const { symbol } of data.candles) chooser.append(new Option(symbol, symbol));
  const candleChart = chartIn('candles');
  const series = candleChart.addSeries(CandlestickSeries, {
    upColor: css('--up'),
    downColor: css('--down'),
    borderVisible: false,
    wickUpColor: css('--up'),
    wickDownColor: css('--down'),
    priceFormat: { type: 'custom', formatter: price, minMove: 1e-8 },
  });
  const markers = createSeriesMarkers(series, []);
  const marksText = document.getElementById('marks');
  /** Trades of the chosen symbol, as far as there are candles. */
  let shown = [];
  let stillTimer;

  function showSymbol(name) {
    const one = data.candles.find(({ symbol }) => symbol === name);
    if (one === undefined) return;
    series.setData(
      one.time.map((time, at) => ({
        time,
        open: one.open[at],
        high: one.high[at],
        low: one.low[at],
        close: one.close[at],
      })),
    );
    // A trade of before the first candle that is here has no place: its mark would lie on that one.
    shown = data.trades.filter(
      ([symbol, openedAt]) => data.symbols[symbol] === name && openedAt >= one.time[0],
    );
    candleChart.timeScale().fitContent();
    showMarks();
  }

  /** Of the trades in sight; words only where they do not lie on each other. */
  function showMarks() {
    const range = candleChart.timeScale().getVisibleRange();
    const seen = shown.filter(
      ([, openedAt, , closedAt]) =>
        range === null || (closedAt >= range.from && openedAt <= range.to),
    );
    const isMarked = seen.length <= MOST_MARKED;
    marksText.textContent = isMarked
      ? ''
      : `${seen.length.toLocaleString('en')} trades in sight: zoom in to see them marked.`;
    const hasWords = seen.length <= MOST_WORDS;
    const marks = (isMarked ? seen : []).flatMap(([, openedAt, , closedAt, , , pnl, exit]) => [
      { time: openedAt, position: 'belowBar', shape: 'arrowUp', color: css('--accent') },
      {
        time: closedAt,
        position: 'aboveBar',
        shape: 'arrowDown',
        color: pnl < 0 ? css('--down') : css('--up'),
        text: hasWords ? data.exits[exit] : '',
      },
    ]);
    markers.setMarkers(marks.sort((one, other) => one.time - other.time));
  }
  candleChart.timeScale().subscribeVisibleTimeRangeChange(() => {
    clearTimeout(stillTimer);
    stillTimer = setTimeout(showMarks, STILL_MS);
  });
  chooser.addEventListener('change', () => showSymbol(chooser.value));
  if (data.candles.length > 0) showSymbol(data.candles[0].symbol);

  // All trades, a page at a time.
  const body = document.getElementById('trades');
  const pageText = document.getElementById('page');
  const pages = Math.max(1, Math.ceil(data.trades.length / PAGE_ROWS));
  let page = 0;

  function showPage(wanted) {
    page = Math.min(Math.max(wanted, 0), pages - 1);
    const rows = data.trades.slice(page * PAGE_ROWS, (page + 1) * PAGE_ROWS);
    body.replaceChildren(
      ...rows.map(([symbol, openedAt, entry, closedAt, exitPrice, size, pnl, exit, fraction]) => {
        const row = document.createElement('tr');
        const cells = [
          data.symbols[symbol],
          date(openedAt),
          price(entry),
          date(closedAt),
          price(exitPrice),
          price(size),
          number(pnl),
          percent(fraction),
          data.exits[exit],
        ];
        for (const [at, text] of cells.entries()) {
          const cell = row.insertCell();
          cell.textContent = text;
          if (at === 6 || at === 7) cell.className = pnl < 0 ? 'down' : 'up';
        }
        return row;
      }),
    );
    pageText.textContent = `${page + 1} of ${pages}`;
  }
  document.getElementById('earlier').addEventListener('click', () => showPage(page - 1));
  document.getElementById('later').addEventListener('click', () => showPage(page + 1));
  showPage(0);
})();
