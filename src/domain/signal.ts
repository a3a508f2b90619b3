import type { ModelKey } from './model-key.js';

/** Order of the classes in labels, probabilities and model outputs. */
export const DIRECTIONS = ['SELL', 'HOLD', 'BUY'] as const;

export type Direction = (typeof DIRECTIONS)[number];

/** p(SELL), p(HOLD), p(BUY): they add up to 1. */
export type Probabilities = readonly [sell: number, hold: number, buy: number];

/** Why no model spoke, in the order in which the reasons are looked for. */
export const FALLBACK_REASONS = [
  'features_changed',
  'expired',
  'rejected',
  'cooldown',
  'untrained',
  'features_missing',
  'novel',
  'inference_error',
] as const;

export type FallbackReason = (typeof FALLBACK_REASONS)[number];

/** Inputs of the fallback's rules at the candle. */
export interface FallbackIndicators {
  readonly sma14: number;
  readonly sma50: number;
  readonly rsi14: number;
}

interface SignalBase extends ModelKey {
  readonly uid: string;
  readonly candleOpenTime: number;
  /** Close of the candle that the signal is about. */
  readonly close: number;
  readonly prediction: Direction;
  /** 0 to 100. A model's is 100 times the probability of its class. */
  readonly confidence: number;
  /** Market time at which the signal was made. */
  readonly signaledAt: number;
  /** Uid of the signal for the same candle that this one replaces after a promotion. */
  readonly supersedesUid: string | undefined;
}

export interface ModelSignal extends SignalBase {
  readonly source: 'model';
  readonly modelUid: string;
  readonly predictionUid: string;
  readonly probabilities: Probabilities;
  /** Expected log return over the model's horizon: the classes' mean training returns, weighted. */
  readonly expectedMove: number;
}

export interface FallbackSignal extends SignalBase {
  readonly source: 'fallback';
  readonly fallbackReason: FallbackReason;
  /** Undefined under 50 bars: the prediction is then HOLD for insufficient history. */
  readonly indicators: FallbackIndicators | undefined;
}

/** Every signal is a model's prediction or the fallback's, which says why. */
export type Signal = ModelSignal | FallbackSignal;

/** What became of a signal once its horizon had passed. */
export interface SignalOutcome {
  readonly signalUid: string;
  /** Forward log return over the horizon. */
  readonly outcomeReturn: number;
  readonly outcomeClass: Direction;
  /** Market time. */
  readonly resolvedAt: number;
}

/** A model's output for one candle. */
export interface Prediction extends ModelKey {
  readonly uid: string;
  readonly modelUid: string;
  readonly featureHash: string;
  readonly candleOpenTime: number;
  readonly probabilities: Probabilities;
  readonly expectedReturn: number;
  /** Time inside the model's run, in microseconds. */
  readonly latencyUs: number;
  readonly predictedAt: number;
}
