import type { Halt } from '../../domain/halt.js';
import { BarState } from '../../domain/candle-columns.js';
import { barOpenTime, closeTimeOf, timeframeMs } from '../../domain/timeframe.js';
import { groupBy } from '../../lib/group-by.js';
import { seededRandom } from '../../lib/seeded-random.js';
import type { EngineResult } from '../engine/run-engine.js';
import { DAYS_A_YEAR } from '../figures/calendar.js';
import { deflatedSharpe, type DeflatedSharpe } from '../figures/deflated-sharpe.js';
import { toDaily, type EquityCurve } from '../figures/equity-curve.js';
import {
  annualOf,
  defined,
  performanceOf,
  sharpeOf,
  sortinoOf,
  type Performance,
} from '../figures/performance.js';
import { testRandomEntries, type RandomEntryTest } from '../figures/random-entries.js';
import { bootstrapInterval, type BootstrapInterval } from '../figures/stationary-bootstrap.js';
import { mean } from '../figures/statistics.js';
import {
  groupTrades,
  tradeFigures,
  type TradeFigures,
  type TradeGroup,
} from '../figures/trade-figures.js';
import type { Trade } from '../figures/trade.js';
import type { BarSpan, MarketHistory, SymbolHistory } from '../history/market-history.js';
import { marketTerms, type MarketTerms } from './market-terms.js';
import { modelFigures, type ModelFigures, type ModelRun } from './model-figures.js';
import { skipReasons, type SkipReason } from './skip-reasons.js';
import type { TradeList } from './to-trades.js';

export interface Intervals {
  readonly annualReturn: BootstrapInterval | undefined;
  readonly sharpe: BootstrapInterval | undefined;
  readonly sortino: BootstrapInterval | undefined;
}

/** What a run is compared with, over the same span. */
export interface Baseline {
  readonly name: 'buy_and_hold' | 'cash' | 'fallback';
  readonly performance: Performance;
  readonly curve: EquityCurve;
}

/** Everything that is said about a run. Fractions, times in epoch milliseconds, money in quote currency. */
export interface BacktestResult {
  readonly startEquity: number;
  readonly endEquity: number;
  /** Value of the books at the close of each bar; what is held at the end is sold there. */
  readonly curve: EquityCurve;
  readonly performance: Performance;
  readonly intervals: Intervals;
  readonly trades: TradeFigures;
  readonly byExit: readonly TradeGroup[];
  readonly bySymbol: readonly TradeGroup[];
  readonly byMonth: readonly MonthReturn[];
  readonly bySource: readonly TradeGroup[];
  /** Mean share of the equity that was invested. */
  readonly exposure: number | undefined;
  /** Value bought and sold a year, in multiples of the mean equity. */
  readonly turnover: number | undefined;
  readonly uncertainBars: number;
  /** What froze entries, in the order in which it did. */
  readonly halts: readonly Pick<Halt, 'cause' | 'haltedAt' | 'reason'>[];
  readonly randomEntries: RandomEntryTest | undefined;
  readonly deflatedSharpe: DeflatedSharpe | undefined;
  readonly baselines: readonly Baseline[];
  readonly skipped: readonly SkipReason[];
  /** What each market was taken to demand. */
  readonly markets: readonly MarketTerms[];
  /** What the models were like; undefined for a run of the rules alone. */
  readonly models: ModelFigures | undefined;
}

export interface MonthReturn {
  /** `2024-05`. */
  readonly month: string;
  readonly return: number;
  /** Those that were closed in it. */
  readonly trades: TradeFigures;
}

export interface ResultInput {
  readonly history: MarketHistory;
  readonly span: BarSpan;
  readonly run: EngineResult;
  readonly list: TradeList;
  /** Undefined for a run of the rules alone. */
  readonly models: ModelRun | undefined;
  /** Bars over which what was left out is looked at. */
  readonly horizonBars: number;
  readonly startEquity: number;
  /** Of a round trip in a symbol: both fees, spread and slippage, as a fraction. */
  readonly costOf: (symbol: SymbolHistory) => number;
  /** In percent of the price, where none was quoted. */
  readonly spreadPct: number;
  /** Annualised Sharpe ratios of earlier runs on the same data. */
  readonly earlierSharpes: readonly number[];
}

export function toResult(input: ResultInput): BacktestResult {
  const { history, span, run, list, models, startEquity } = input;
  const { trades } = list;
  const curve = withEnd(run.equity, endEquityOf(trades, startEquity));
  const { returns } = toDaily(curve, startEquity);
  const random = seededRandom(history.dataHash);
  const performance = performanceOf(curve, startEquity);
  return {
    startEquity,
    endEquity: curve.equity.at(-1) ?? startEquity,
    curve,
    performance,
    intervals: {
      annualReturn: bootstrapInterval(returns, annualOf, random),
      sharpe: bootstrapInterval(returns, sharpeOf, random),
      sortino: bootstrapInterval(returns, sortinoOf, random),
    },
    trades: tradeFigures(trades),
    byExit: groupTrades(trades, ({ exit }) => exit),
    bySymbol: groupTrades(trades, ({ symbol }) => symbol),
    byMonth: monthReturns(curve, trades, startEquity),
    bySource: groupTrades(trades, ({ source }) => source),
    exposure: defined(mean(run.exposure)),
    turnover: turnoverOf(trades, curve, performance.days),
    uncertainBars: list.uncertainBars,
    halts: run.stores.halts,
    randomEntries: testRandomEntries(
      heldTrades(history, trades),
      opensOf(history.symbols, span, input.costOf),
      random,
    ),
    deflatedSharpe: deflatedSharpe(returns, input.earlierSharpes),
    baselines: [
      buyAndHold(history, span, input),
      ...(models === undefined ? [] : [fallbackOnly(models, startEquity)]),
      cash(run.equity, startEquity),
    ],
    skipped: skipReasons(history, run, input),
    markets: marketTerms(history, input.spreadPct),
    models: models === undefined ? undefined : modelFigures(history, span, models),
  };
}

/** What is still held at the end is sold there, with its costs. */
export function withEnd({ at, equity }: EquityCurve, endEquity: number): EquityCurve {
  if (at.length === 0) return { at, equity };
  return { at, equity: [...equity.slice(0, -1), endEquity] };
}

/** What the books are worth once all is sold. */
export function endEquityOf(trades: readonly Trade[], startEquity: number): number {
  return startEquity + trades.reduce((sum, { pnlQuote }) => sum + pnlQuote, 0);
}

function monthReturns(
  curve: EquityCurve,
  trades: readonly Trade[],
  startEquity: number,
): readonly MonthReturn[] {
  const closed = groupBy(trades, ({ closedAt }) => monthOf(closedAt));
  const ends = new Map<string, number>();
  for (const [index, at] of curve.at.entries()) {
    // A bar belongs to the month in which it was open: its close may be the first instant of the next.
    ends.set(monthOf(at - 1), curve.equity[index] ?? NaN);
  }
  let before = startEquity;
  return [...ends].map(([month, value]) => {
    const change = value / before - 1;
    before = value;
    return { month, return: change, trades: tradeFigures(closed.get(month) ?? []) };
  });
}

function monthOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, 7);
}

function turnoverOf(
  trades: readonly Trade[],
  { equity }: EquityCurve,
  days: number,
): number | undefined {
  const traded = trades.reduce(
    (sum, { entryPrice, exitPrice, sizeBase }) => sum + (entryPrice + exitPrice) * sizeBase,
    0,
  );
  return defined(((traded / mean(equity)) * DAYS_A_YEAR) / days);
}

function heldTrades(
  { symbols }: MarketHistory,
  trades: readonly Trade[],
): Parameters<typeof testRandomEntries>[0] {
  const [first] = symbols;
  if (first === undefined) return [];
  const { timeframe } = first.columns;
  const barMs = timeframeMs(timeframe);
  return trades.map(({ symbol, openedAt, closedAt, pnlFraction }) => ({
    symbol,
    holdingBars: Math.max(1, Math.round((closedAt - openedAt) / barMs)),
    pnlFraction,
  }));
}

function opensOf(
  symbols: readonly SymbolHistory[],
  { firstIndex }: BarSpan,
  costOf: ResultInput['costOf'],
): Parameters<typeof testRandomEntries>[1] {
  return new Map(
    symbols.map((one) => {
      const { instrument, columns } = one;
      const open = columns.open.subarray(Math.max(0, firstIndex - columns.firstIndex));
      return [instrument.symbol, { open, costFraction: costOf(one) }];
    }),
  );
}

/** The same money in equal parts, each bought at its symbol's first open and sold at its last close. */
function buyAndHold(
  { symbols, timeframe }: MarketHistory,
  span: BarSpan,
  { startEquity, costOf }: ResultInput,
): Baseline {
  const part = startEquity / symbols.length;
  const bars = span.lastIndex - span.firstIndex + 1;
  const at = Array.from({ length: bars }, (_, bar) =>
    closeTimeOf(barOpenTime(span.firstIndex + bar, timeframe), timeframe),
  );
  const equity = new Array<number>(bars).fill(0);
  // Symbol by symbol, so that each one's closes are read one after another.
  for (const one of symbols) {
    const { columns } = one;
    const { close, open, length } = columns;
    const halfCost = costOf(one) / 2;
    const shift = span.firstIndex - columns.firstIndex;
    const units = (part * (1 - halfCost)) / (open[Math.max(0, shift)] ?? NaN);
    for (let bar = 0; bar < bars; bar++) {
      const place = Math.min(shift + bar, length - 1);
      const price = place < 0 ? undefined : close[place];
      const worth = price === undefined ? part : units * price;
      const isSold = bar === bars - 1 && price !== undefined;
      equity[bar] = (equity[bar] ?? 0) + (isSold ? worth * (1 - halfCost) : worth);
    }
  }
  const curve = { at, equity };
  return { name: 'buy_and_hold', curve, performance: performanceOf(curve, startEquity) };
}

function cash({ at }: EquityCurve, startEquity: number): Baseline {
  const curve = { at, equity: at.map(() => startEquity) };
  return { name: 'cash', curve, performance: performanceOf(curve, startEquity) };
}

function fallbackOnly({ fallback: curve }: ModelRun, startEquity: number): Baseline {
  return { name: 'fallback', curve, performance: performanceOf(curve, startEquity) };
}

/** Bars of a symbol inside the span that have a candle. */
export function countBars(
  symbols: readonly SymbolHistory[],
  { firstIndex, lastIndex }: BarSpan,
): number {
  let bars = 0;
  for (const { columns } of symbols) {
    const from = Math.max(0, firstIndex - columns.firstIndex);
    const to = Math.min(columns.length - 1, lastIndex - columns.firstIndex);
    for (let at = from; at <= to; at++) if (columns.state[at] === BarState.stored) bars += 1;
  }
  return bars;
}
