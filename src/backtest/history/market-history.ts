import type { CandleColumns } from '../../domain/candle-columns.js';
import type { Instrument } from '../../domain/market.js';
import type { Timeframe } from '../../domain/timeframe.js';
import type { FallbackSeries } from '../../signals/fallback-series.js';
import type { QuotedSpread } from './quoted-spread.js';

/** What is known of one symbol: its market and its candles on the regular grid. */
export interface SymbolHistory {
  readonly instrument: Instrument;
  readonly columns: CandleColumns;
  /** What the SMA/RSI rules say at each bar, where it is worked out already. */
  readonly rules?: FallbackSeries;
  /** Undefined where no quotes of it are stored, or the spread of a run is given. */
  readonly quotedSpread?: QuotedSpread | undefined;
}

/** The candles that a run goes over, symbols in the order in which orders of the same bar are made. */
export interface MarketHistory {
  readonly venue: string;
  readonly timeframe: Timeframe;
  readonly symbols: readonly SymbolHistory[];
  /** SHA-256 over the candles, so that runs on the same data are known as such. */
  readonly dataHash: string;
}

/** Bars, counted since the epoch, both included. */
export interface BarSpan {
  readonly firstIndex: number;
  readonly lastIndex: number;
}
