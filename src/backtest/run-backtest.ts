import { barOpenTime, closeTimeOf, type Timeframe } from '../domain/timeframe.js';
import { ConfigError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { barsUpTo } from '../signals/bar-window.js';
import { decisionLagMs, type TradingRules } from '../trading/trading-rules.js';
import { chooseSpan, type AskedSpan } from './history/choose-span.js';
import type { DecisionColumns } from './engine/decision-log.js';
import { barsOf, runEngine, spanOf, type EngineResult } from './engine/run-engine.js';
import { FallbackSource, type FallbackOptions, type SignalSource } from './engine/signal-source.js';
import type { EquityCurve } from './figures/equity-curve.js';
import type { Trade } from './figures/trade.js';
import { hashCandles } from './history/hash-candles.js';
import type { BarSpan, MarketHistory } from './history/market-history.js';
import { spreadPctOf } from './history/spread-of.js';
import type { ModelRun } from './result/model-figures.js';
import { endEquityOf, toResult, withEnd, type BacktestResult } from './result/to-result.js';
import { toTrades, type TradeList } from './result/to-trades.js';
import { ModelSource } from './walk-forward/model-source.js';
import type { WalkForwardOptions, WalkProgress } from './walk-forward/walk-options.js';

export interface BacktestRequest extends PlannedHistory {
  readonly rules: TradingRules;
  /** Where none was quoted. */
  readonly spreadPct: number;
  readonly slippagePct: number;
  readonly volumeShare: number;
  /** Bars that the rules' signals look ahead. */
  readonly horizonBars: number;
  /** Annualised Sharpe ratios of earlier runs on the same data. */
  readonly earlierSharpes: readonly number[];
  /** How models are trained; undefined for the SMA/RSI rules alone. */
  readonly models?: WalkForwardOptions | undefined;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onProgress?: (share: number) => void;
  /** Told of all verdicts once the last one is made, before the figures are computed. */
  readonly onDecided?: ((decisions: DecisionColumns) => void) | undefined;
}

/** What a run goes over. */
export interface PlannedHistory {
  /** All candles that there are, also after the span. */
  readonly whole: MarketHistory;
  /** What was asked for: nothing in it comes after the span. */
  readonly history: MarketHistory;
  readonly span: BarSpan;
}

/** A run that was stopped: nothing came of it but what was trained. */
export interface StoppedBacktest {
  readonly status: 'stopped';
  /** Retraining dates that are done, of how many; undefined once all were, or for the rules. */
  readonly training: { readonly done: number; readonly dates: number } | undefined;
}

export interface Backtest extends PlannedHistory {
  readonly status: 'done';
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
  const chosen = chooseSpan(whole.symbols.map(barsOf), asked, whole.timeframe);
  if (chosen.status === 'refused') throw new ConfigError(`--${chosen.field}: ${chosen.reason}`);
  const { span } = chosen;
  return { whole, history: within(whole, span), span };
}

/**
 * Runs the SMA/RSI rules, or models that are trained walk-forward, over a history.
 *
 * @throws ConfigError where models cannot be trained, naming what is missing
 */
export async function runBacktest(request: BacktestRequest): Promise<Backtest | StoppedBacktest> {
  const { history, rules, horizonBars, models: options } = request;
  const asked = { bot: rules.bot, horizonBars };
  const signals = new FallbackSource(history, asked);
  if (options === undefined) return toEnd({ request, signals, models: undefined });
  return runModels(request, options, asked);
}

/** Shares of the progress at which the training is over, and the run of the rules beside it. */
const TRAINED_SHARE = 0.9;
const RULES_SHARE = 0.95;

async function runModels(
  request: BacktestRequest,
  options: WalkForwardOptions,
  asked: FallbackOptions,
): Promise<Backtest | StoppedBacktest> {
  const { whole, history, span, logger, signal, rules } = request;
  const tell = (from: number, to: number) => (share: number) =>
    request.onProgress?.(from + (to - from) * share);
  const onTrained = tell(0, TRAINED_SHARE);
  const onProgress = (progress: WalkProgress): void => {
    onTrained((progress.done + progress.share) / progress.dates);
    options.onProgress?.(progress);
  };
  // Megabytes of training and inference that a run of the rules does without.
  const { walkForward } = await import('./walk-forward/walk-forward.js');
  const watched = { ...options, onProgress };
  const walk = await walkForward({ history: whole, span, options: watched, logger, signal });
  if (walk.status === 'stopped') return { status: 'stopped', training: walk };
  const alone = await trade({
    request: {
      ...request,
      rules: { ...rules, allowFallbackExecution: true },
      onProgress: tell(TRAINED_SHARE, RULES_SHARE),
    },
    signals: new FallbackSource(history, asked),
  });
  if (alone.run.endedEarly) return { status: 'stopped', training: undefined };
  const signals = new ModelSource(history, asked, walk);
  const endEquity = endEquityOf(alone.list.trades, rules.paperEquity.toNumber());
  const models = { signals, walk, fallback: withEnd(alone.run.equity, endEquity) };
  return toEnd({
    request: { ...request, onProgress: tell(RULES_SHARE, 1) },
    signals,
    models,
  });
}

interface Traded {
  readonly run: EngineResult;
  readonly list: TradeList;
}

interface Asked {
  readonly request: BacktestRequest;
  readonly signals: SignalSource;
}

async function trade({ request, signals }: Asked): Promise<Traded> {
  const { history, span, rules, spreadPct, slippagePct, volumeShare, logger, signal } = request;
  const run = await runEngine({
    history,
    span,
    signals,
    rules,
    fills: { feeRate: rules.feeRate, slippagePct, volumeShare, maxWaitMs: decisionLagMs(rules) },
    spreadPct,
    logger,
    signal,
    onProgress: request.onProgress,
  });
  return { run, list: toTrades(history, run, { feeRate: rules.feeRate, slippagePct, spreadPct }) };
}

async function toEnd(
  asked: Asked & { readonly models: ModelRun | undefined },
): Promise<Backtest | StoppedBacktest> {
  const { request, models } = asked;
  const { whole, history, span, rules, spreadPct, slippagePct } = request;
  const { run, list } = await trade(asked);
  if (run.endedEarly) return { status: 'stopped', training: undefined };
  request.onDecided?.(run.decisions.columns);
  const feeRate = rules.feeRate.toNumber();
  const result = toResult({
    history,
    span,
    run,
    list,
    models,
    horizonBars: request.horizonBars,
    startEquity: rules.paperEquity.toNumber(),
    spreadPct,
    costOf: (symbol) => 2 * feeRate + (spreadPctOf(symbol, spreadPct) + 2 * slippagePct) / 100,
    earlierSharpes: request.earlierSharpes,
  });
  const { trades } = list;
  return { status: 'done', whole, history, span, run, trades, curve: result.curve, result };
}

/**
 * Without the symbols that have no bar in the span, and without the candles after it. Those before it stay: rules
 * look back.
 */
function within(history: MarketHistory, span: BarSpan): MarketHistory {
  const symbols = history.symbols
    .filter(({ columns: { firstIndex, length } }) => {
      return firstIndex <= span.lastIndex && firstIndex + length > span.firstIndex;
    })
    .map((symbol) => ({ ...symbol, columns: barsUpTo(symbol.columns, span.lastIndex + 1) }));
  const all = spanOf(history.symbols);
  const isWhole = span.firstIndex === all.firstIndex && span.lastIndex === all.lastIndex;
  const dataHash = isWhole ? history.dataHash : hashCandles(symbols, span);
  return { ...history, symbols, dataHash };
}

/** Close of the last bar of a span, epoch milliseconds. */
export function endOf({ lastIndex }: BarSpan, timeframe: Timeframe): number {
  return closeTimeOf(barOpenTime(lastIndex, timeframe), timeframe);
}
