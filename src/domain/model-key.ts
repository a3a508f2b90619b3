import type { Timeframe } from './timeframe.js';

/** What a model belongs to. At most one model serves a key at any time. */
export interface ModelKey {
  readonly venue: string;
  /** Unified symbol, `BTC/USDT`. */
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Name of the model kind, `catboost`. */
  readonly bot: string;
}

/** The key as one text, for maps and log lines. */
export function modelKeyText(key: ModelKey): string {
  return `${key.venue} ${key.symbol} ${key.timeframe} ${key.bot}`;
}
