import type { Candle } from '../../domain/candle.js';

/** Candles of one series on their way into `market_data`, one for each open time. */
export interface CandleRows {
  readonly seriesId: number;
  readonly candles: readonly Candle[];
  /** Place in `CANDLE_SOURCES`. */
  readonly source: number;
  /** Wall time at which these values are stored; a revision brings its own. */
  readonly createdAt: number;
}

export const CANDLE_COLUMNS =
  'series_id, open_time, open, high, low, close, volume, source, created_at, revision';

export const VALUE_COLUMNS = ['open', 'high', 'low', 'close', 'volume'] as const;

/** What a new row holds, in the order of `CANDLE_COLUMNS` but for the revision, which is 1. */
export function candleBindings(rows: CandleRows, candle: Candle): number[] {
  const { openTime, open, high, low, close, volume } = candle;
  // Adding 0 makes -0 plain 0, which MySQL would do anyway.
  return [rows.seriesId, openTime, open, high, low, close, volume + 0, rows.source, rows.createdAt];
}
