import type { ModelKey } from '../domain/model-key.js';
import type { ModelRecord } from '../domain/model-record.js';
import type { Prediction, Signal, SignalOutcome } from '../domain/signal.js';

/** Open times, both ends included. */
export interface OpenTimeSpan {
  readonly from: number;
  readonly to: number;
}

export interface Page {
  readonly limit: number;
  readonly offset: number;
}

export type ResolvedSignal = Signal & { readonly outcome?: SignalOutcome | undefined };

/** The stores that signals are kept in. */
export interface SignalStores {
  readonly predictions: {
    /** Answers with the prediction that stands: the first one for its model and candle. */
    insert(prediction: Prediction): Promise<{ readonly prediction: Prediction }>;
  };
  readonly signals: {
    /** Answers with the signal that stands: the first one for its candle and model or fallback. */
    insert(
      signal: Signal,
    ): Promise<{ readonly status: 'inserted' | 'exists'; readonly signal: Signal }>;
    /** Newest first. */
    list(
      filter: ModelKey & OpenTimeSpan,
      page: Page,
    ): Promise<{ readonly rows: readonly ResolvedSignal[] }>;
    /** Oldest first, those before `beforeOpenTime` (excluded) that have no outcome yet. */
    listUnresolved(
      key: ModelKey,
      beforeOpenTime: number,
      limit: number,
    ): Promise<readonly Signal[]>;
    resolve(outcomes: readonly SignalOutcome[]): Promise<unknown>;
    /** Newest first, those that have an outcome. */
    listResolved(
      key: ModelKey,
      options: { readonly modelUid?: string; readonly limit: number },
    ): Promise<readonly ResolvedSignal[]>;
  };
  readonly models: {
    find(uid: string): Promise<ModelRecord | undefined>;
    /** Newest training first. */
    listVersions(key: ModelKey): Promise<readonly ModelRecord[]>;
  };
  /** Runs `work` with the same stores bound to one transaction: all of it is stored or nothing. */
  transaction<T>(work: (stores: SignalStores) => Promise<T>): Promise<T>;
}
