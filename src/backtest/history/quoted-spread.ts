import type { RowSource } from '../../storage/connection/connections.js';
import { quantile } from '../../training/evaluation/block-bootstrap.js';

/** Newest quotes of a symbol that are looked at: a day of one every ten seconds. */
const MOST_QUOTES = 10_000;

/** How far ask and bid of a symbol were apart in the quotes that a daemon stored. */
export interface QuotedSpread {
  /** Median, in percent of the price in the middle. */
  readonly percent: number;
  readonly quotes: number;
  /** Venue times of the first and the last of them. */
  readonly fromTime: number;
  readonly toTime: number;
}

/** Of the newest stored quotes of a symbol; undefined where there are none. */
export async function findQuotedSpread(
  reader: RowSource,
  venue: string,
  symbol: string,
): Promise<QuotedSpread | undefined> {
  const sql =
    'SELECT bid, ask, venue_time FROM real_time_prices WHERE venue = ? AND symbol = ? ' +
    `ORDER BY venue_time DESC LIMIT ${MOST_QUOTES}`;
  const rows = await reader.selectRows(sql, [venue, symbol]);
  const quotes = rows
    .map(([bid, ask, time]) => ({ percent: percentOf(Number(bid), Number(ask)), at: Number(time) }))
    .filter(({ percent }) => percent >= 0);
  const [newest, oldest] = [quotes[0], quotes.at(-1)];
  if (newest === undefined || oldest === undefined) return undefined;
  const percents = quotes.map(({ percent }) => percent).sort((one, other) => one - other);
  return {
    percent: quantile(percents, 0.5),
    quotes: quotes.length,
    fromTime: oldest.at,
    toTime: newest.at,
  };
}

/** NaN for what is no pair of prices, below 0 for a bid above the ask. */
function percentOf(bid: number, ask: number): number {
  return bid > 0 ? (200 * (ask - bid)) / (ask + bid) : NaN;
}
