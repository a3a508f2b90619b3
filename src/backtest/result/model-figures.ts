import { BarState } from '../../domain/candle-columns.js';
import { FALLBACK_REASONS, type FallbackReason } from '../../domain/signal.js';
import { forwardLogReturns, labelOf } from '../../features/labels.js';
import { reliabilityOf, type Forecast, type ReliabilityBin } from '../figures/reliability.js';
import type { EquityCurve } from '../figures/equity-curve.js';
import type { BarSpan, MarketHistory, SymbolHistory } from '../history/market-history.js';
import type { ModelSource } from '../walk-forward/model-source.js';
import type { KeptPeriod, SymbolPredictions, TrainedKey } from '../walk-forward/kept-period.js';

/** A run of models: what they said, how they were made, and the rules alone beside them. */
export interface ModelRun {
  readonly signals: ModelSource;
  readonly walk: { readonly found: readonly KeptPeriod[]; readonly kept: number };
  /** Equity of the SMA/RSI rules over the same span. */
  readonly fallback: EquityCurve;
}

export interface ModelFigures {
  readonly dates: number;
  /** Dates whose models an earlier run had trained. */
  readonly keptDates: number;
  /** Models by what became of them; `waiting` had too few candles, or waited after a failure. */
  readonly outcomes: Readonly<Record<TrainedKey['outcome'], number>>;
  /** Why models were refused, most frequent first, without their numbers. */
  readonly refusals: readonly { readonly reason: string; readonly count: number }[];
  /** Bars of the span that a model answered. */
  readonly answeredBars: number;
  /** Bars that the rules answered, by the reason, most frequent first. */
  readonly fallbackBars: readonly { readonly reason: FallbackReason; readonly count: number }[];
  /** Stated probability of what was predicted against how often it came true. */
  readonly calibration: readonly ReliabilityBin[];
  /** Seconds that the trainer spent in fits and refits, in this run or the one that trained. */
  readonly fitSec: number;
  readonly trainerPeakMb: number;
}

export function modelFigures(
  { symbols }: MarketHistory,
  span: BarSpan,
  { signals, walk }: ModelRun,
): ModelFigures {
  const trainings = walk.found.map(({ training }) => training);
  const keys = trainings.flatMap((training) => training.keys);
  const said = symbols.map((symbol, at) =>
    readSymbol(symbol, span, (bar) => signals.saidAt(at, bar)),
  );
  const reasons = said.flatMap((one) => one.reasons);
  const forecasts = said.flatMap((one) => one.forecasts);
  const count = (outcome: TrainedKey['outcome']): number =>
    keys.filter((key) => key.outcome === outcome).length;
  const refused = keys.filter(({ outcome }) => outcome === 'rejected' || outcome === 'failed');
  return {
    dates: walk.found.length,
    keptDates: walk.kept,
    outcomes: {
      promoted: count('promoted'),
      rejected: count('rejected'),
      failed: count('failed'),
      waiting: count('waiting'),
    },
    refusals: tally(refused.map(({ reason }) => reason.replace(/[-−+]?\d+(\.\d+)?/g, '…'))),
    answeredBars: said.reduce((sum, { answered }) => sum + answered, 0),
    fallbackBars: tally(reasons),
    calibration: reliabilityOf(forecasts),
    fitSec: trainings.reduce((sum, { fitMs }) => sum + fitMs, 0) / 1000,
    trainerPeakMb: Math.max(0, ...trainings.map(({ trainerPeakMb }) => trainerPeakMb)),
  };
}

interface SymbolAnswers {
  readonly answered: number;
  readonly reasons: readonly FallbackReason[];
  readonly forecasts: readonly Forecast[];
}

function readSymbol(
  { columns }: SymbolHistory,
  span: BarSpan,
  saidAt: (at: number) => SymbolPredictions | undefined,
): SymbolAnswers {
  const reasons: FallbackReason[] = [];
  const forecasts: Forecast[] = [];
  const returnsOf = new Map<number, Float64Array>();
  let answered = 0;
  const from = Math.max(0, span.firstIndex - columns.firstIndex);
  const to = Math.min(columns.length - 1, span.lastIndex - columns.firstIndex);
  for (let at = from; at <= to; at++) {
    if (columns.state[at] !== BarState.stored) continue;
    const said = saidAt(at);
    const place = said === undefined ? -1 : columns.firstIndex + at - said.firstIndex;
    const reason = said?.reasons[place];
    const model = said?.model ?? undefined;
    if (said === undefined || model === undefined || reason !== -1) {
      reasons.push(FALLBACK_REASONS[reason ?? -1] ?? 'untrained');
      continue;
    }
    answered += 1;
    const { horizonBars, thresholds } = model;
    const returns = returnsOf.get(horizonBars) ?? forwardLogReturns(columns, horizonBars);
    returnsOf.set(horizonBars, returns);
    if (thresholds === null) continue;
    const label = labelOf(returns[at] ?? NaN, { ...thresholds, adjusted: [] });
    if (label === undefined) continue;
    const probability = (said.confidences[place] ?? 0) / 100;
    forecasts.push({ probability, isTrue: said.directions[place] === label });
  }
  return { answered, reasons, forecasts };
}

function tally<T extends string>(
  values: readonly T[],
): readonly { readonly reason: T; readonly count: number }[] {
  const counts = new Map<T, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts]
    .map(([reason, count]) => ({ reason, count }))
    .sort((one, other) => other.count - one.count);
}
