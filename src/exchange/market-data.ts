import type { Candle } from '../domain/candle.js';
import type { Instrument, Quote } from '../domain/market.js';
import type { Timeframe } from '../domain/timeframe.js';
import type { MarketClock } from './venue-clock.js';

/**
 * Public market data of one venue. Every method rejects with `TransientError` once its limited
 * retries are used up, with `RejectedError` where this one symbol is wrong, with `ConfigError` where
 * a person must change something, or with the signal's reason when it aborts.
 */
export interface MarketData {
  /** What stored rows are filed under: `binance`, `binance@host`, `demo:…`. */
  readonly venue: string;
  /** Runs by the venue's time once `start` has asked for it. */
  readonly clock: MarketClock;
  /** Whether markets and time are known. */
  readonly isReady: boolean;
  /** Why requests fail at the moment, and since when; undefined while the venue answers. */
  readonly trouble?: VenueTrouble | undefined;
  /** Timeframes that the venue offers, shortest first. */
  readonly timeframes: readonly Timeframe[];
  /**
   * Resolves once markets and venue time are known. Keeps trying at growing intervals while the venue
   * is down; only a `ConfigError` or the signal ends that.
   */
  start(signal: AbortSignal): Promise<void>;
  /** Reads the list of markets again; where that fails the old one stays. */
  reload(signal?: AbortSignal): Promise<void>;
  /** Ends every request in flight and the clock's refreshes. */
  stop(): Promise<void>;
  /** Spot markets that are open for trading, optionally only those quoted in `quote`. */
  listSpot(quote?: string): Instrument[];
  /**
   * Finds the spot market that a person means by `BTC/USDT`, `BTCUSDT` or `BTC-USDT`: first among
   * `configured` unified symbols, then among all. Throws a `RejectedError` that names the choices.
   */
  resolveSymbol(text: string, configured?: readonly string[]): Instrument;
  /** Throws a `ConfigError` naming the venue's timeframes where it lacks this one. */
  assertTimeframe(timeframe: Timeframe): void;
  /** Closed candles as ascending pages; see `CandlePage`. */
  fetchCandles(request: CandleRequest): AsyncGenerator<CandlePage, void>;
  /** Best prices of many symbols by as few requests as the venue allows. */
  fetchQuotes(symbols: readonly string[], signal?: AbortSignal): Promise<QuoteBatch>;
  /** Asks for the venue's time and sets the clock by it; epoch milliseconds. */
  fetchVenueTime(signal?: AbortSignal): Promise<number>;
}

/** Requests to the venue fail. */
export interface VenueTrouble {
  readonly reason: string;
  /** Wall time of the first failure in a row. */
  readonly since: number;
  /** Whether the venue refuses this machine: it is asked again only now and then. */
  readonly isRefused: boolean;
}

export interface CandleRequest {
  /** Unified symbol. */
  readonly symbol: string;
  readonly timeframe: Timeframe;
  /** Open time of the first bar wanted. */
  readonly sinceMs: number;
  /** Open time of the last bar wanted, included. */
  readonly untilMs: number;
  /** Of the series' grid, where it is known; otherwise it is learned from the first rows. */
  readonly gridOffsetMs?: number | undefined;
  readonly signal?: AbortSignal;
}

/** What one answer of the venue taught about a stretch of bars. */
export interface CandlePage {
  /** Closed and sound candles, ascending, without duplicates. */
  readonly candles: readonly Candle[];
  /** Rows of the answer that are not in `candles`, each with the reason. */
  readonly rejected: readonly RejectedRow[];
  /** First open time that this page speaks for. */
  readonly fromMs: number;
  /**
   * Last open time that this page speaks for: a bar from `fromMs` to here that is in neither list
   * does not exist at the venue. Before `fromMs` when the page proves nothing.
   */
  readonly coveredUntilMs: number;
  /** How much later the venue's bars open than the usual grid; undefined while no row has shown it. */
  readonly gridOffsetMs?: number | undefined;
  /** True where every row came without a volume. */
  readonly hasNoVolume?: boolean;
  /**
   * How many bars the venue keeps, where the answer shows it: it begins later than asked for and ends
   * with the newest bar.
   */
  readonly keepsOnlyBars?: number | undefined;
}

export type RejectionKind = 'defective' | 'duplicate' | 'off-grid' | 'unfinished' | 'future';

export interface RejectedRow {
  /** NaN where the row has no readable time. */
  readonly openTime: number;
  readonly kind: RejectionKind;
  /** For a log line. */
  readonly reason: string;
  /** As the venue sent it, numbers that could not be read being NaN. */
  readonly candle: Candle;
}

export interface QuoteBatch {
  readonly quotes: readonly Quote[];
  /** Symbols asked for that have no usable quote, with the reason. */
  readonly missing: readonly { readonly symbol: string; readonly reason: string }[];
}
