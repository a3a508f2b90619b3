import type { ModelKey } from './model-key.js';

export const DECISION_ACTIONS = ['open', 'close', 'keep', 'skip'] as const;

export type DecisionAction = (typeof DECISION_ACTIONS)[number];

/** The verdict on one signal. There is exactly one for each signal. */
export interface Decision extends ModelKey {
  readonly uid: string;
  readonly signalUid: string;
  readonly candleOpenTime: number;
  readonly action: DecisionAction;
  /** In words, for a person: `confidence 38.2 below 40`. */
  readonly reason: string;
  /** True when the signal's timeframe and bot do not trade this symbol. */
  readonly isAdvisory: boolean;
  /** The position that the decision opens, closes or keeps. */
  readonly positionUid: string | undefined;
  /** Market time. */
  readonly decidedAt: number;
  /** Venue's time of the newest quote that was known; undefined where there was none, or it was not kept yet. */
  readonly quotesAt: number | undefined;
}

/** The reason without its symbol and numbers, so that `confidence 55.1 below 60` counts with its like. */
export function reasonKind(reason: string, symbol: string): string {
  return reason.replaceAll(symbol, 'the symbol').replace(/-?\d+(\.\d+)?/g, '…');
}
