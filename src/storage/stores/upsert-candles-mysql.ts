import type { Candle } from '../../domain/candle.js';
import { CANDLE_COLUMNS, candleBindings, VALUE_COLUMNS, type CandleRows } from './candle-rows.js';
import type { Database } from '../database/database.js';

const PLACES = '(?, ?, ?, ?, ?, ?, ?, ?, ?, 1)';

const DIFFERS = VALUE_COLUMNS.map((name) => `${name} <> VALUES(${name})`).join(' OR ');

// MySQL assigns from left to right: the values come last, so that the tests before see the old ones.
const ON_CONFLICT = `ON DUPLICATE KEY UPDATE
  source = IF(${DIFFERS}, VALUES(source), source),
  created_at = IF(${DIFFERS}, VALUES(created_at), created_at),
  revision = IF(${DIFFERS}, revision + 1, revision),
  ${VALUE_COLUMNS.map((name) => `${name} = VALUES(${name})`).join(', ')}`;

/** One look at what is stored and one statement for what differs: a round trip costs most here. */
export async function upsertOnMysql(
  tx: Database,
  rows: CandleRows,
): Promise<{ inserted: number; revised: number }> {
  const stored = await readByOpenTime(tx, rows);
  const added = rows.candles.filter((candle) => !stored.has(candle.openTime));
  const revised = rows.candles.filter((candle) => {
    const known = stored.get(candle.openTime);
    return known !== undefined && VALUE_COLUMNS.some((name) => known[name] !== candle[name]);
  });
  await write(tx, rows, [...added, ...revised]);
  return { inserted: added.length, revised: revised.length };
}

async function readByOpenTime(
  tx: Database,
  { seriesId, candles }: CandleRows,
): Promise<ReadonlyMap<number, Candle>> {
  const places = candles.map(() => '?').join(', ');
  const stored = await tx.selectObjects(
    `SELECT open_time AS openTime, ${VALUE_COLUMNS.join(', ')} FROM ${tx.candleTable}
      WHERE series_id = ? AND open_time IN (${places})`,
    [seriesId, ...candles.map((candle) => candle.openTime)],
  );
  // The columns are a candle's properties and all of them numbers.
  return new Map((stored as unknown as Candle[]).map((candle) => [candle.openTime, candle]));
}

async function write(tx: Database, rows: CandleRows, candles: readonly Candle[]): Promise<void> {
  if (candles.length === 0) return;
  const places = candles.map(() => PLACES).join(', ');
  const sql = `INSERT INTO ${tx.candleTable} (${CANDLE_COLUMNS}) VALUES ${places} ${ON_CONFLICT}`;
  const bindings = candles.flatMap((candle) => candleBindings(rows, candle));
  await tx.run((knex) => knex.raw(sql, bindings));
}
