import type { CandleColumns } from '../domain/candle-columns.js';
import type { FallbackReason, Probabilities } from '../domain/signal.js';
import type { ModelSpecification } from './serving-model.js';

/** Why a model that is trusted has nothing to say about a candle. */
export type UnavailableReason = Extract<
  FallbackReason,
  'features_changed' | 'features_missing' | 'novel' | 'inference_error'
>;

export interface Predicted {
  readonly status: 'predicted';
  /** Class weights are divided out again; the three add up to 1. */
  readonly probabilities: Probabilities;
  /** Expected log return over the model's horizon. */
  readonly expectedReturn: number;
  /** Time inside the model's run, in microseconds. */
  readonly latencyUs: number;
  readonly featureHash: string;
}

export interface Unavailable {
  readonly status: 'unavailable';
  readonly reason: UnavailableReason;
  /** In words, for a person. */
  readonly detail: string;
  /** True when the model's own file is to blame: it will not do better on the next candle. */
  readonly isModelDamaged: boolean;
}

export type PredictionOutcome = Predicted | Unavailable;

export function unavailable(reason: UnavailableReason, detail: string): Unavailable {
  return { status: 'unavailable', reason, detail, isModelDamaged: false };
}

/** What a worker is asked. A model is named by its uid; `model` goes along the first time. */
export type PredictorRequest =
  | { readonly kind: 'load'; readonly model: ModelSpecification }
  | {
      readonly kind: 'predict';
      readonly modelUid: string;
      readonly model: ModelSpecification | undefined;
      readonly series: CandleColumns;
      /** The same object as `series` for the reference symbol itself. */
      readonly reference: CandleColumns | undefined;
      /** Of the instrument, for a model over many. */
      readonly attributes: Readonly<Record<string, string>> | undefined;
      /** Number of the bar to predict from. */
      readonly index: number;
    }
  | { readonly kind: 'release'; readonly modelUid: string };

export type PredictorAnswer =
  PredictionOutcome | { readonly status: 'loaded' } | { readonly status: 'released' };

export interface PredictorMessage {
  readonly id: number;
  readonly request: PredictorRequest;
}
