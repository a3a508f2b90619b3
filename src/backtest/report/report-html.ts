import { drawdownSeries } from '../figures/equity-curve.js';
import type { TradeGroup } from '../figures/trade-figures.js';
import type { Trade, TradeExit } from '../figures/trade.js';
import type { SymbolHistory } from '../history/market-history.js';
import { inWords, percent, signedPercent } from '../result/in-words.js';
import type { RunDescription } from '../result/result-json.js';
import type { BacktestResult, MonthReturn } from '../result/to-result.js';
import { marketSection } from './market-section.js';
import { modelSections } from './model-sections.js';
import { escapeHtml } from '../../lib/escape-html.js';
import { htmlPage } from '../../lib/html-page.js';
import { BarState } from '../../domain/candle-columns.js';
import { barOpenTime } from '../../domain/timeframe.js';
import type { EquityCurve } from '../figures/equity-curve.js';

export interface ReportInput {
  readonly description: RunDescription;
  readonly result: BacktestResult;
  readonly curve: EquityCurve;
  readonly trades: readonly Trade[];
  readonly symbols: readonly SymbolHistory[];
  readonly assets: ReportAssets;
}

/** What is written into the page so that it needs no network. */
export interface ReportAssets {
  readonly css: string;
  readonly script: string;
  /** The standalone build of lightweight-charts. */
  readonly charts: string;
}

/** So many candles are in the page at most; those of the symbols with the most trades come first. */
const MAX_CANDLES = 24_000;
/** A curve of more points than a screen has pixels shows nothing more. */
const MAX_POINTS = 3000;

const EXIT_NAMES: readonly TradeExit[] = [
  'signal',
  'stop',
  'target',
  'trailing',
  'hold',
  'halt',
  'end',
];

/** One file that shows a run: in words, figures, curves, months, trades on candles. */
export function reportHtml(input: ReportInput): string {
  const { description, result, assets } = input;
  const title = `Backtest ${description.id}`;
  const body = `<h1>${escapeHtml(title)}</h1>
<div class="lead">${inWords(description, result).map(paragraph).join('')}</div>
${figures(result)}
<h2>Beside it</h2>
${besideIt(result)}
<h2>Equity</h2>
<div class="legend"><span><i style="background:var(--accent)"></i>this run</span><span><i style="background:var(--muted)"></i>buy and hold</span>${result.models === undefined ? '' : '<span><i style="background:var(--up)"></i>the SMA/RSI rules alone</span>'}</div>
<div id="equity" class="chart"></div>
<div id="drawdown" class="chart low"></div>
<p class="note">Below: distance from the highest equity so far.</p>
<h2>Months</h2>
${months(result.byMonth)}
<h2>Trades by month</h2>
${groups(result.byMonth.map(({ month, trades }) => ({ name: month, ...trades })))}
<h2>Trades by exit</h2>
${groups(result.byExit)}
<h2>Trades by symbol</h2>
${groups(result.bySymbol.slice(0, 25))}
${result.bySymbol.length > 25 ? `<p class="note">The 25 symbols with the most trades of ${result.bySymbol.length}; all stand in result.json.</p>` : ''}
<h2>Trades by source</h2>
${groups(result.bySource)}
${modelSections(result)}<h2>Entries left out</h2>
${skips(result)}
<h2>Trades on candles</h2>
<p><label>Symbol <select id="symbol"></select></label> <span class="note">the symbols with the most trades</span></p>
<div id="candles" class="chart"></div>
<p id="marks" class="note"></p>
<h2>Trades</h2>
<p><button id="earlier" type="button">Earlier</button> <span id="page"></span> <button id="later" type="button">Later</button></p>
<div class="wide"><table><thead><tr><th>Symbol</th><th>Opened</th><th>Entry</th><th>Closed</th><th>Exit</th><th>Size</th><th>Result</th><th>%</th><th>Why</th></tr></thead><tbody id="trades"></tbody></table></div>
<h2>Markets</h2>
${marketSection(result.markets)}
<h2>Made with</h2>
${settings(description)}
<footer>Times are UTC. Money is in quote currency. Figures and their formulas: docs/backtest.md. Charts by <a href="https://www.tradingview.com/">TradingView Lightweight Charts</a>, Apache License 2.0, © TradingView, Inc.</footer>
<script type="application/json" id="data">${inScript(JSON.stringify(pageData(input)))}</script>
<script>${inScript(assets.charts)}</script>
<script>${inScript(assets.script)}</script>`;
  return htmlPage({ title, css: assets.css, body });
}

function figures(result: BacktestResult): string {
  const { performance, trades, intervals, deflatedSharpe, randomEntries } = result;
  const range = (
    interval: { lower: number; upper: number } | undefined,
    toText: (value: number) => string,
  ): string =>
    interval === undefined ? '' : ` (${toText(interval.lower)} to ${toText(interval.upper)})`;
  const toTenths = (value: number): string => value.toFixed(1);
  const shown: readonly (readonly [string, string])[] = [
    ['total return', signedPercent(performance.totalReturn)],
    [
      'annual return' + range(intervals.annualReturn, signedPercent),
      optional(performance.annualReturn, signedPercent),
    ],
    ['volatility a year', optional(performance.annualVolatility, percent)],
    ['Sharpe' + range(intervals.sharpe, toTenths), optional(performance.sharpe, fixed)],
    ['Sortino' + range(intervals.sortino, toTenths), optional(performance.sortino, fixed)],
    ['Calmar', optional(performance.calmar, fixed)],
    ['largest drawdown', percent(performance.drawdown.depth)],
    ['days until its peak was reached again', performance.drawdownDays.toFixed(0)],
    ['trades', String(trades.trades)],
    ['win rate', optional(trades.winRate, percent)],
    ['profit factor', optional(trades.profitFactor, fixed)],
    ['result of a trade', optional(trades.expectancy, fixed)],
    ['SQN', optional(trades.sqn, fixed)],
    ['invested on average', optional(result.exposure, percent)],
    ['turnover a year, × equity', optional(result.turnover, fixed)],
    ['fees paid', fixed(trades.feesPaid)],
    ['p-value, random entries', optional(randomEntries?.pValue, (value) => value.toFixed(3))],
    [
      `deflated Sharpe, ${deflatedSharpe?.runs ?? 1} run${deflatedSharpe?.runs === 1 ? '' : 's'}`,
      optional(deflatedSharpe?.probability, percent),
    ],
  ];
  const cells = shown.map(
    ([name, value]) =>
      `<div class="figure"><b>${escapeHtml(value)}</b><span>${escapeHtml(name)}</span></div>`,
  );
  return `<div class="figures">${cells.join('')}</div>`;
}

const BASELINE_NAMES: Readonly<Record<string, string>> = {
  buy_and_hold: 'Buy and hold',
  fallback: 'The SMA/RSI rules alone',
  cash: 'Cash',
};

function besideIt({ performance, baselines }: BacktestResult): string {
  const all = [
    { title: 'This run', performance },
    ...baselines.map((one) => ({ ...one, title: BASELINE_NAMES[one.name] ?? one.name })),
  ];
  const rows = all.map(({ title, performance: one }) => {
    const cells = [
      signedPercent(one.totalReturn),
      optional(one.annualReturn, signedPercent),
      optional(one.annualVolatility, percent),
      optional(one.sharpe, fixed),
      percent(one.drawdown.depth),
      one.drawdownDays.toFixed(0),
    ];
    return `<tr><td>${escapeHtml(title)}</td>${cells.map((cell) => `<td>${cell}</td>`).join('')}</tr>`;
  });
  const head =
    '<tr><th></th><th>Total return</th><th>Annual return</th><th>Volatility</th><th>Sharpe</th><th>Drawdown</th><th>Its days</th></tr>';
  return `<div class="wide"><table><thead>${head}</thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function months(byMonth: readonly MonthReturn[]): string {
  const years = [...new Set(byMonth.map(({ month }) => month.slice(0, 4)))];
  const valueOf = new Map(byMonth.map((one) => [one.month, one.return]));
  const numbers = Array.from({ length: 12 }, (_, at) => String(at + 1).padStart(2, '0'));
  const rows = years.map((year) => {
    const cells = numbers.map((month) => monthCell(valueOf.get(`${year}-${month}`)));
    const whole = byMonth
      .filter(({ month }) => month.startsWith(year))
      .reduce((growth, one) => growth * (1 + one.return), 1);
    return `<tr><td>${year}</td>${cells.join('')}${monthCell(whole - 1)}</tr>`;
  });
  const heads = numbers.map((month) => `<th>${month}</th>`).join('');
  return `<div class="wide"><table><thead><tr><th></th>${heads}<th>year</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`;
}

function monthCell(value: number | undefined): string {
  if (value === undefined) return '<td></td>';
  return `<td class="${value < 0 ? 'down' : 'up'}">${(100 * value).toFixed(1).replace('-', '−')}</td>`;
}

function groups(rows: readonly TradeGroup[]): string {
  const body = rows.map(
    ({ name, trades, winRate, profitFactor, expectancy, pnlQuote, feesPaid }) =>
      `<tr><td>${escapeHtml(name)}</td><td>${trades}</td><td>${optional(winRate, percent)}</td><td>${optional(profitFactor, fixed)}</td>` +
      `<td>${optional(expectancy, fixed)}</td><td class="${pnlQuote < 0 ? 'down' : 'up'}">${fixed(pnlQuote)}</td><td>${fixed(feesPaid)}</td></tr>`,
  );
  const head =
    '<tr><th></th><th>Trades</th><th>Win rate</th><th>Profit factor</th><th>Mean result</th><th>Result</th><th>Fees</th></tr>';
  return `<div class="wide"><table><thead>${head}</thead><tbody>${body.join('')}</tbody></table></div>`;
}

function skips({ skipped }: BacktestResult): string {
  if (skipped.length === 0) return '<p class="note">Every BUY was acted on.</p>';
  const rows = skipped
    .slice(0, 12)
    .map(
      ({ reason, count, laterReturn }) =>
        `<tr><td>${escapeHtml(reason)}</td><td>${count}</td>${returnCell(laterReturn)}</tr>`,
    );
  const note =
    'What came after: mean return over the horizon, less the costs of a round trip. Above 0 the reason cost money.';
  return (
    `<div class="wide"><table><thead><tr><th>Reason</th><th>BUY signals</th><th>What came after</th></tr></thead><tbody>${rows.join('')}</tbody></table></div>` +
    `<p class="note">${note}</p>`
  );
}

function returnCell(value: number | undefined): string {
  if (value === undefined) return '<td>–</td>';
  const text = `${(100 * value).toFixed(2).replace('-', '−')} %`;
  return `<td class="${value < 0 ? 'down' : 'up'}">${text}</td>`;
}

function settings(description: RunDescription): string {
  const rows = Object.entries(description.settings).map(
    ([name, value]) => `<tr><td>${escapeHtml(name)}</td><td>${escapeHtml(String(value))}</td></tr>`,
  );
  const about = `Version ${description.version}, data ${description.data_hash.slice(0, 12)} of ${description.venue}.`;
  return `<p class="note">${escapeHtml(about)}</p><div class="wide"><table><tbody>${rows.join('')}</tbody></table></div>`;
}

/** What the page's script draws. Trades are arrays, since there may be tens of thousands. */
function pageData({ result, curve, trades, symbols }: ReportInput): unknown {
  const curveOf = (wanted: string): readonly number[] =>
    result.baselines.find(({ name }) => name === wanted)?.curve.equity ?? [];
  const kept = keptPoints(curve.at.length);
  const drawdown = drawdownSeries(curve.equity);
  const pick = (values: readonly number[]): number[] =>
    kept.map((at) => rounded(values[at] ?? NaN));
  const names = [...new Set(trades.map(({ symbol }) => symbol))];
  return {
    curve: {
      at: kept.map((at) => (curve.at[at] ?? 0) / 1000),
      equity: pick(curve.equity),
      hold: pick(curveOf('buy_and_hold')),
      rules: result.models === undefined ? [] : pick(curveOf('fallback')),
      drawdown: pick(drawdown),
    },
    symbols: names,
    exits: EXIT_NAMES,
    trades: trades.map((trade) => [
      names.indexOf(trade.symbol),
      trade.openedAt / 1000,
      rounded(trade.entryPrice),
      trade.closedAt / 1000,
      rounded(trade.exitPrice),
      rounded(trade.sizeBase),
      rounded(trade.pnlQuote),
      EXIT_NAMES.indexOf(trade.exit),
      rounded(trade.pnlFraction),
    ]),
    candles: chosenCandles(result, symbols),
  };
}

function chosenCandles(result: BacktestResult, symbols: readonly SymbolHistory[]): unknown[] {
  const chosen: unknown[] = [];
  let left = MAX_CANDLES;
  for (const { name } of result.bySymbol) {
    const columns = symbols.find(({ instrument }) => instrument.symbol === name)?.columns;
    if (columns === undefined) continue;
    if (columns.length > left && chosen.length > 0) break;
    left -= columns.length;
    const from = Math.max(0, columns.length - MAX_CANDLES);
    const rows: number[] = [];
    for (let at = from; at < columns.length; at++) {
      if (columns.state[at] === BarState.stored) rows.push(at);
    }
    const pick = (values: Float64Array): number[] => rows.map((at) => values[at] ?? NaN);
    chosen.push({
      symbol: name,
      time: rows.map((at) => barOpenTime(columns.firstIndex + at, columns.timeframe) / 1000),
      open: pick(columns.open),
      high: pick(columns.high),
      low: pick(columns.low),
      close: pick(columns.close),
    });
  }
  return chosen;
}

/** Evenly spread points with the first and the last one. */
function keptPoints(length: number): number[] {
  const count = Math.min(length, MAX_POINTS);
  if (count < 2) return Array.from({ length: count }, (_, at) => at);
  return Array.from({ length: count }, (_, at) => Math.round((at * (length - 1)) / (count - 1)));
}

function rounded(value: number): number {
  return Number(value.toPrecision(10));
}

function optional(value: number | undefined, toText: (value: number) => string): string {
  return value === undefined ? '–' : toText(value);
}

function fixed(value: number): string {
  return value.toFixed(2).replace('-', '−');
}

function paragraph(sentence: string): string {
  return `<p>${escapeHtml(sentence)}</p>`;
}

/** Nothing inside a script tag may end it. */
function inScript(text: string): string {
  return text.replaceAll('</', '<\\/');
}
