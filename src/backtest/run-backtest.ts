import { barIndex, closeTimeOf, barOpenTime, type Timeframe } from '../domain/timeframe.js';
import { ConfigError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { decisionLagMs, type TradingRules } from '../trading/trading-rules.js';
import { runEngine, spanOf, type EngineResult } from './engine/run-engine.js';
import { FallbackSource } from './engine/signal-source.js';
import type { EquityCurve } from './figures/equity-curve.js';
import type { Trade } from './figures/trade.js';
import type { BarSpan, MarketHistory } from './history/market-history.js';
import { toResult, type BacktestResult } from './result/to-result.js';
import { toTrades } from './result/to-trades.js';

/** The rules need 50 bars before they say anything. */
const MIN_BARS = 50;

export interface BacktestRequest extends PlannedHistory {
  readonly rules: TradingRules;
  readonly spreadPct: number;
  readonly slippagePct: number;
  readonly volumeShare: number;
  /** Bars that the rules' signals look ahead. */
  readonly horizonBars: number;
  /** Annualised Sharpe ratios of earlier runs on the same data. */
  readonly earlierSharpes: readonly number[];
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onProgress?: (share: number) => void;
}

/** What a run goes over. */
export interface PlannedHistory {
  /** What was asked for, less the symbols without a bar in the span. */
  readonly history: MarketHistory;
  readonly span: BarSpan;
}

/** First and last moment, epoch milliseconds; undefined for all that there is. */
interface AskedSpan {
  readonly fromMs: number | undefined;
  readonly toMs: number | undefined;
}

export interface Backtest extends PlannedHistory {
  readonly run: EngineResult;
  readonly trades: readonly Trade[];
  readonly curve: EquityCurve;
  readonly result: BacktestResult;
}

/**
 * The part of a history that a run goes over.
 *
 * @throws ConfigError naming what is wrong with the span
 */
export function planHistory(whole: MarketHistory, asked: AskedSpan): PlannedHistory {
  const span = chooseSpan(whole, asked);
  return { history: within(whole, span), span };
}

/** Runs the SMA/RSI rules over a history. */
export async function runBacktest(request: BacktestRequest): Promise<Backtest> {
  const { history, span, rules, spreadPct, slippagePct, volumeShare, logger, signal } = request;
  const run = await runEngine({
    history,
    span,
    signals: new FallbackSource(history, { bot: rules.bot, horizonBars: request.horizonBars }),
    rules,
    fills: { feeRate: rules.feeRate, slippagePct, volumeShare, maxWaitMs: decisionLagMs(rules) },
    spreadPct,
    logger,
    signal,
    onProgress: request.onProgress,
  });
  const list = toTrades(history, run, { feeRate: rules.feeRate, slippagePct, spreadPct });
  const feeRate = rules.feeRate.toNumber();
  const result = toResult({
    history,
    span,
    run,
    list,
    startEquity: rules.paperEquity.toNumber(),
    costFraction: 2 * feeRate + (spreadPct + 2 * slippagePct) / 100,
    earlierSharpes: request.earlierSharpes,
  });
  return { history, span, run, trades: list.trades, curve: result.curve, result };
}

function chooseSpan(history: MarketHistory, { fromMs, toMs }: AskedSpan): BarSpan {
  const { timeframe } = history;
  const whole = spanOf(history.symbols);
  if (fromMs !== undefined && toMs !== undefined && fromMs >= toMs) {
    throw new ConfigError(`--from ${iso(fromMs)} is not before --to ${iso(toMs)}`);
  }
  const firstIndex = fromMs === undefined ? whole.firstIndex : barIndex(fromMs, timeframe);
  // The last bar is one that closes by then.
  const lastIndex = toMs === undefined ? whole.lastIndex : barIndex(toMs, timeframe) - 1;
  const span = {
    firstIndex: Math.max(firstIndex, whole.firstIndex),
    lastIndex: Math.min(lastIndex, whole.lastIndex),
  };
  const bars = span.lastIndex - span.firstIndex + 1;
  if (bars >= MIN_BARS) return span;
  const has = `the candles reach from ${openOf(whole.firstIndex, timeframe)} to ${openOf(whole.lastIndex + 1, timeframe)}`;
  throw new ConfigError(
    `${Math.max(0, bars)} bars of ${timeframe} lie between --from and --to, at least ${MIN_BARS} are needed: ${has}`,
  );
}

/** Without the symbols that have no bar in the span. */
function within(history: MarketHistory, span: BarSpan): MarketHistory {
  const symbols = history.symbols.filter(({ columns: { firstIndex, length } }) => {
    return firstIndex <= span.lastIndex && firstIndex + length > span.firstIndex;
  });
  return { ...history, symbols };
}

/** Close of the last bar of a span, epoch milliseconds. */
export function endOf({ lastIndex }: BarSpan, timeframe: Timeframe): number {
  return closeTimeOf(barOpenTime(lastIndex, timeframe), timeframe);
}

function openOf(index: number, timeframe: Timeframe): string {
  return iso(barOpenTime(index, timeframe));
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
