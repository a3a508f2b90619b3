import { CANDLE_COLUMNS, candleBindings, VALUE_COLUMNS, type CandleRows } from './candle-rows.js';
import type { Database } from '../database/database.js';

const UPSERT = `INSERT INTO market_data (${CANDLE_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1)
  ON CONFLICT (series_id, open_time) DO UPDATE SET
    revision = market_data.revision + 1, source = excluded.source, created_at = excluded.created_at,
    ${VALUE_COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}
  WHERE ${VALUE_COLUMNS.map((name) => `market_data.${name} <> excluded.${name}`).join(' OR ')}
  RETURNING revision`;

/**
 * One small statement for each candle: it answers with the revision that it wrote, if it wrote. Candles
 * are asked for again where they are missing, so their commit does not wait for the disk.
 */
export async function upsertOnSqlite(
  database: Database,
  rows: CandleRows,
): Promise<{ inserted: number; revised: number }> {
  const bindings = rows.candles.map((candle) => candleBindings(rows, candle));
  const revisions = await database.runEachWithoutSync(UPSERT, bindings);
  const written = revisions.filter((revision) => revision !== undefined);
  const inserted = written.filter((revision) => revision === 1).length;
  return { inserted, revised: written.length - inserted };
}
