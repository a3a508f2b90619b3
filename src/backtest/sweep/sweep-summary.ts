import { deflatedSharpe } from '../figures/deflated-sharpe.js';
import { toDaily } from '../figures/equity-curve.js';
import type { BacktestResult } from '../result/to-result.js';
import type { GridPoint } from './grid.js';

/** One run of a sweep. Returns are fractions; a figure that is not defined is null. */
export interface SweepRow {
  readonly id: string;
  readonly settings: GridPoint;
  readonly trades: number;
  readonly total_return: number;
  readonly annual_return: number | null;
  readonly sharpe: number | null;
  readonly max_drawdown: number;
}

export interface SweepSummary {
  /** In the order of the grid. */
  readonly runs: readonly SweepRow[];
  /** The run with the greatest Sharpe ratio; null where none has one. */
  readonly best: SweepRow | null;
  /**
   * Annualised Sharpe ratio that is expected of the best of so many runs when none has any skill (Bailey and López de
   * Prado, 2014), by how much the runs' ratios differ.
   */
  readonly expected_best_sharpe: number | null;
  /** Probability that the best run's true Sharpe ratio is above that. */
  readonly probability: number | null;
}

/** Collects the runs of a sweep, keeping the daily returns of the best one alone. */
export class SweepCollector {
  readonly #rows: SweepRow[] = [];
  #best: { readonly row: SweepRow; readonly returns: readonly number[] } | undefined;

  add(id: string, settings: GridPoint, result: BacktestResult): void {
    const { performance, trades, curve, startEquity } = result;
    const row: SweepRow = {
      id,
      settings,
      trades: trades.trades,
      total_return: performance.totalReturn,
      annual_return: performance.annualReturn ?? null,
      sharpe: performance.sharpe ?? null,
      max_drawdown: performance.drawdown.depth,
    };
    this.#rows.push(row);
    if ((row.sharpe ?? -Infinity) <= (this.#best?.row.sharpe ?? -Infinity)) return;
    this.#best = { row, returns: toDaily(curve, startEquity).returns };
  }

  summary(): SweepSummary {
    const best = this.#best;
    const others = this.#rows.flatMap((row) =>
      row === best?.row || row.sharpe === null ? [] : [row.sharpe],
    );
    const deflated = best === undefined ? undefined : deflatedSharpe(best.returns, others);
    return {
      runs: this.#rows,
      best: best?.row ?? null,
      expected_best_sharpe: deflated?.expectedBest ?? null,
      probability: deflated?.probability ?? null,
    };
  }
}

/** How much of the best run is luck, as a sentence. */
export function luckInWords(summary: SweepSummary): string {
  const { best, runs, expected_best_sharpe: expected, probability } = summary;
  const sharpe = best?.sharpe ?? null;
  if (sharpe === null || expected === null) return 'No run has a Sharpe ratio.';
  if (runs.length === 1) return 'One run alone was made: nothing was picked.';
  return (
    `The best of ${runs.length} runs has a Sharpe ratio of ${sharpe.toFixed(2)}; ${expected.toFixed(2)} is expected ` +
    `of the best of so many that differ like these and have no skill. The chance that it has more is ` +
    `${(100 * (probability ?? 0)).toFixed(1)} %.`
  );
}

/** Best first; runs without a ratio last. */
export function bySharpe(one: SweepRow, other: SweepRow): number {
  return (other.sharpe ?? -Infinity) - (one.sharpe ?? -Infinity);
}

/** `STOP_LOSS_PCT=3, FEE_RATE=0.001`. */
export function pointInWords(point: GridPoint): string {
  return Object.entries(point)
    .map(([name, value]) => `${name}=${value}`)
    .join(', ');
}
