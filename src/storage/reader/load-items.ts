import { quoteName } from '../connection/location.js';
import type { RowSource } from '../connection/connections.js';

/** One instrument of a venue, as far as a pooled model asks for it. */
export interface StoredItem {
  readonly seriesId: number;
  readonly symbol: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Every series of a venue and timeframe, in the order of their symbols; for a worker's connection. */
export async function loadItems(
  source: RowSource,
  { venue, timeframe }: { readonly venue: string; readonly timeframe: string },
): Promise<readonly StoredItem[]> {
  const attributes = new Map<string, Record<string, string>>();
  const sql = 'SELECT symbol, name, value FROM item_attributes WHERE venue = ?';
  for (const [symbol, name, value] of await source.selectRows(sql, [venue])) {
    const known = attributes.get(String(symbol)) ?? {};
    known[String(name)] = String(value);
    attributes.set(String(symbol), known);
  }
  const series = 'SELECT id, symbol FROM series WHERE venue = ? AND timeframe = ? ORDER BY symbol';
  return (await source.selectRows(series, [venue, timeframe])).map(([id, symbol]) => ({
    seriesId: Number(id),
    symbol: String(symbol),
    attributes: attributes.get(String(symbol)) ?? {},
  }));
}

/** Open times and closes of one series, ascending, without fillers. */
export async function loadEntries(
  source: RowSource,
  seriesId: number,
): Promise<{ readonly openTimes: Float64Array; readonly prices: Float64Array }> {
  const sql = `SELECT open_time, close FROM ${quoteName(source.candleTable)} WHERE series_id = ? ORDER BY open_time`;
  const rows = await source.selectRows(sql, [seriesId]);
  return {
    openTimes: Float64Array.from(rows, ([openTime]) => Number(openTime)),
    prices: Float64Array.from(rows, ([, close]) => Number(close)),
  };
}
