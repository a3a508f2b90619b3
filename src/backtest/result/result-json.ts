import { ORDER_RULE_NAMES, ORDER_RULES } from '../../domain/market.js';
import type { BootstrapInterval } from '../figures/stationary-bootstrap.js';
import type { Performance } from '../figures/performance.js';
import type { TradeFigures, TradeGroup } from '../figures/trade-figures.js';
import type { MarketTerms } from './market-terms.js';
import type { ModelFigures } from './model-figures.js';
import type { BacktestResult, Baseline } from './to-result.js';

/** What a run was asked for and made with, as it stands in `result.json`. */
export interface RunDescription {
  readonly id: string;
  readonly created_at: string;
  readonly version: string;
  readonly signals: 'fallback' | 'model';
  /** How often models are trained; undefined for the rules alone. */
  readonly retrain: string | undefined;
  readonly from: string;
  readonly to: string;
  readonly timeframe: string;
  readonly bot: string;
  readonly symbols: readonly string[];
  readonly bars: number;
  readonly venue: string;
  readonly data_hash: string;
  readonly settings: Readonly<Record<string, string | number | boolean>>;
}

/** The figures of a run under the names of `result.json`. What is not defined is null. */
export function resultJson(description: RunDescription, result: BacktestResult): string {
  return `${JSON.stringify({ ...description, figures: figuresJson(result) }, undefined, 2)}\n`;
}

export function figuresJson(result: BacktestResult): Record<string, unknown> {
  const { randomEntries, deflatedSharpe, intervals } = result;
  return {
    start_equity: result.startEquity,
    end_equity: result.endEquity,
    ...performanceJson(result.performance),
    interval_95: {
      annual_return: intervalJson(intervals.annualReturn),
      sharpe: intervalJson(intervals.sharpe),
      sortino: intervalJson(intervals.sortino),
    },
    ...tradesJson(result.trades),
    exposure: result.exposure ?? null,
    turnover: result.turnover ?? null,
    bars_with_stop_and_target: result.uncertainBars,
    halts: result.halts.map(({ cause, haltedAt, reason }) => ({
      cause,
      halted_at: iso(haltedAt),
      reason,
    })),
    random_entries:
      randomEntries === undefined
        ? null
        : {
            p_value: randomEntries.pValue,
            own_mean: randomEntries.ownMean,
            random_mean: randomEntries.randomMean,
            sets: randomEntries.sets,
          },
    deflated_sharpe:
      deflatedSharpe === undefined
        ? null
        : {
            probability: deflatedSharpe.probability,
            expected_best_sharpe: deflatedSharpe.expectedBest,
            runs_on_this_data: deflatedSharpe.runs,
          },
    by_exit: result.byExit.map(groupJson),
    by_symbol: result.bySymbol.map(groupJson),
    by_source: result.bySource.map(groupJson),
    by_month: result.byMonth.map(({ month, return: change, trades }) => ({
      month,
      return: change,
      ...tradesJson(trades),
    })),
    baselines: Object.fromEntries(result.baselines.map(baselineJson)),
    skipped_entries: result.skipped.map(({ reason, count, laterReturn }) => ({
      reason,
      count,
      later_return: laterReturn ?? null,
    })),
    markets: result.markets.map(marketJson),
    models: result.models === undefined ? null : modelsJson(result.models),
  };
}

function performanceJson(performance: Performance): Record<string, unknown> {
  const { drawdown } = performance;
  return {
    days: performance.days,
    total_return: performance.totalReturn,
    annual_return: performance.annualReturn ?? null,
    annual_volatility: performance.annualVolatility ?? null,
    sharpe: performance.sharpe ?? null,
    sortino: performance.sortino ?? null,
    calmar: performance.calmar ?? null,
    max_drawdown: drawdown.depth,
    max_drawdown_from: iso(drawdown.peakAt),
    max_drawdown_to: iso(drawdown.troughAt),
    max_drawdown_days: performance.drawdownDays,
    max_drawdown_recovered: drawdown.recoveredAt === undefined ? null : iso(drawdown.recoveredAt),
  };
}

function tradesJson(figures: TradeFigures): Record<string, unknown> {
  return {
    trades: figures.trades,
    win_rate: figures.winRate ?? null,
    profit_factor: figures.profitFactor ?? null,
    expectancy: figures.expectancy ?? null,
    sqn: figures.sqn ?? null,
    fees_paid: figures.feesPaid,
    pnl_quote: figures.pnlQuote,
  };
}

function groupJson(group: TradeGroup): Record<string, unknown> {
  return { name: group.name, ...tradesJson(group) };
}

function marketJson({ symbol, spreadPct, quotedSpread, ...rules }: MarketTerms): MarketJson {
  return {
    symbol,
    spread_pct: spreadPct,
    spread_from: quotedSpread === undefined ? 'setting' : 'quotes',
    quotes: quotedSpread?.quotes ?? 0,
    quotes_from: quotedSpread === undefined ? null : iso(quotedSpread.fromTime),
    quotes_to: quotedSpread === undefined ? null : iso(quotedSpread.toTime),
    ...Object.fromEntries(
      ORDER_RULES.map((name) => [ORDER_RULE_NAMES[name], rules[name] ?? null] as const),
    ),
  };
}

type MarketJson = Readonly<Record<string, string | number | null>>;

function modelsJson(models: ModelFigures): Record<string, unknown> {
  const { promoted, rejected, failed, waiting } = models.outcomes;
  return {
    retraining_dates: models.dates,
    dates_kept_from_earlier_runs: models.keptDates,
    trained: promoted + rejected,
    promoted,
    rejected,
    failed,
    waiting,
    refusals: models.refusals,
    bars_answered_by_models: models.answeredBars,
    bars_answered_by_fallback: models.fallbackBars,
    calibration: models.calibration.map((bin) => ({
      from: bin.from,
      to: bin.to,
      count: bin.count,
      mean_probability: bin.meanProbability,
      share_true: bin.shareTrue,
      share_true_95: { lower: bin.lower, upper: bin.upper },
    })),
    fit_sec: models.fitSec,
    trainer_peak_mb: models.trainerPeakMb,
  };
}

function baselineJson({ name, performance }: Baseline): [string, Record<string, unknown>] {
  return [name, performanceJson(performance)];
}

function intervalJson(interval: BootstrapInterval | undefined): BootstrapInterval | null {
  return interval ?? null;
}

function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}
