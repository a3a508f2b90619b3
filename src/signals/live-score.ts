import type { Probabilities } from '../domain/signal.js';
import { directionIndex } from './model-signal.js';
import type { ResolvedSignal } from './signal-stores.js';

/** Keeps the loss of a wrong certainty finite. */
const MIN_PROBABILITY = 1e-15;

export interface LiveScoreOptions {
  /** How often each class came in training: what a model that knows nothing would say. */
  readonly prior: Probabilities | undefined;
  /** Cost of buying and selling again, as a log return. */
  readonly roundTripCost: number;
}

/** How signals did after they were made. Parts without any signal are undefined. */
export interface LiveScore {
  /** Signals whose outcome is known. */
  readonly signals: number;
  /** Of them, those whose class came true. */
  readonly hits: number;
  readonly hitRate: number | undefined;
  /** The prior's log loss less the model's, in nat a signal: above 0 the model knows something. */
  readonly logLossSkill: number | undefined;
  readonly buys: number;
  /** Mean forward log return of BUY signals less the round trip's cost. */
  readonly meanNetBuyReturn: number | undefined;
}

export function scoreLive(
  signals: readonly ResolvedSignal[],
  options: LiveScoreOptions,
): LiveScore {
  const resolved = signals.flatMap((signal) =>
    signal.outcome === undefined ? [] : [{ signal, outcome: signal.outcome }],
  );
  const hits = resolved.filter((s) => s.signal.prediction === s.outcome.outcomeClass).length;
  const buyReturns = resolved
    .filter(({ signal }) => signal.prediction === 'BUY')
    .map(({ outcome }) => outcome.outcomeReturn - options.roundTripCost);
  const skills = resolved.flatMap(({ signal, outcome }) => {
    if (signal.source !== 'model' || options.prior === undefined) return [];
    const place = directionIndex(outcome.outcomeClass);
    return [lossOf(options.prior[place]) - lossOf(signal.probabilities[place])];
  });
  return {
    signals: resolved.length,
    hits,
    hitRate: resolved.length === 0 ? undefined : hits / resolved.length,
    logLossSkill: mean(skills),
    buys: buyReturns.length,
    meanNetBuyReturn: mean(buyReturns),
  };
}

/** Frequencies of the classes; undefined where no row was counted. */
export function toPrior(
  distribution: readonly [number, number, number] | undefined,
): Probabilities | undefined {
  if (distribution === undefined) return undefined;
  const [sell, hold, buy] = distribution;
  const rows = sell + hold + buy;
  return rows > 0 ? [sell / rows, hold / rows, buy / rows] : undefined;
}

function lossOf(probability: number): number {
  return -Math.log(Math.max(probability, MIN_PROBABILITY));
}

function mean(values: readonly number[]): number | undefined {
  if (values.length === 0) return undefined;
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
