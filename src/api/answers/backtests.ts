import type { BacktestRun } from '../../domain/backtest-run.js';
import type { BacktestDetail, BacktestSummary } from '../contract/backtests.js';
import { iso, isoOrNull } from './keys.js';

export function backtestAnswer(run: BacktestRun): BacktestSummary {
  const figure = (name: string): number | null => {
    const value = run.figures?.[name];
    return typeof value === 'number' ? value : null;
  };
  return {
    id: run.uid,
    state: run.state,
    origin: run.origin,
    signals: run.ask.signals,
    venue: run.venue ?? null,
    timeframe: run.timeframe,
    bot: run.bot,
    symbols: run.symbols === undefined ? null : [...run.symbols],
    from: isoOrNull(run.fromTime),
    to: isoOrNull(run.toTime),
    bars: run.bars ?? null,
    data_hash: run.dataHash ?? null,
    settings: run.settings ?? null,
    progress: Math.round(run.progress * 1_000) / 10,
    eta_sec: run.state === 'running' ? (run.etaSec ?? null) : null,
    trades: figure('trades'),
    total_return: figure('total_return'),
    annual_return: figure('annual_return'),
    sharpe: figure('sharpe'),
    sharpe_interval: sharpeInterval(run),
    max_drawdown: figure('max_drawdown'),
    error: run.error ?? null,
    folder: run.folder ?? null,
    started_at: iso(run.startedAt),
    ended_at: isoOrNull(run.endedAt),
  };
}

function sharpeInterval({ figures }: BacktestRun): BacktestSummary['sharpe_interval'] {
  const intervals = figures?.['interval_95'] as
    { readonly sharpe?: { readonly lower?: unknown; readonly upper?: unknown } | null } | undefined;
  const { lower, upper } = intervals?.sharpe ?? {};
  return typeof lower === 'number' && typeof upper === 'number' ? { lower, upper } : null;
}

export function backtestDetailAnswer(run: BacktestRun): BacktestDetail {
  return {
    ...backtestAnswer(run),
    versions: run.versions,
    seeds: run.seeds ?? null,
    figures: run.figures ?? null,
  };
}
