import type { Candle } from '../../domain/candle.js';
import { quoteName } from '../connection/location.js';
import type { Database } from '../database/database.js';

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

/** Where a candle came from; its place here is the stored code. */
export const CANDLE_SOURCES = ['rest', 'csv', 'ticker'] as const;

export type CandleSource = (typeof CANDLE_SOURCES)[number];

const PLACES = '(?, ?, ?, ?, ?, ?, ?, ?, ?, 1)';

/** Rows of one statement on SQLite; its text stays short enough to be kept prepared. */
const NEW_ROWS_A_STATEMENT = 50;

function insertSql(rows: number): string {
  const places = Array.from({ length: rows }, () => PLACES).join(',');
  return `INSERT INTO market_data (${CANDLE_COLUMNS}) VALUES ${places} ON CONFLICT`;
}

const INSERT_ONE_NEW = `${insertSql(1)} DO NOTHING`;
const INSERT_MANY_NEW = `${insertSql(NEW_ROWS_A_STATEMENT)} DO NOTHING`;

/** Of rows that are stored already; written as an insert, which takes the same bindings. */
const REVISE = `${insertSql(1)} (series_id, open_time) DO UPDATE SET
    revision = market_data.revision + 1, source = excluded.source, created_at = excluded.created_at,
    ${VALUE_COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ')}
  WHERE ${VALUE_COLUMNS.map((name) => `market_data.${name} <> excluded.${name}`).join(' OR ')}`;

/**
 * Most candles are new: they go in many at a time, which takes a third of the time. Where some were
 * stored before, each of those is compared. Candles are asked for again where they are missing, so their
 * commit does not wait for the disk.
 */
export function upsertOnSqlite(
  database: Database,
  rows: CandleRows,
): Promise<{ inserted: number; revised: number }> {
  const bindings = rows.candles.map((candle) => candleBindings(rows, candle));
  const whole = bindings.length - (bindings.length % NEW_ROWS_A_STATEMENT);
  const batches: number[][] = [];
  for (let from = 0; from < whole; from += NEW_ROWS_A_STATEMENT) {
    batches.push(joined(bindings, from, from + NEW_ROWS_A_STATEMENT));
  }
  return database.withoutSync((statements) => {
    const inserted =
      statements.changeEach(INSERT_MANY_NEW, batches) +
      statements.changeEach(INSERT_ONE_NEW, bindings.slice(whole));
    const isKnown = inserted < bindings.length;
    return { inserted, revised: isKnown ? statements.changeEach(REVISE, bindings) : 0 };
  });
}

/** What `flat` does, which takes as long as the insert itself. */
function joined(bindings: readonly number[][], from: number, until: number): number[] {
  const all: number[] = [];
  for (let at = from; at < until; at++) all.push(...(bindings[at] ?? []));
  return all;
}

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
    `SELECT open_time AS openTime, ${VALUE_COLUMNS.join(', ')} FROM ${quoteName(tx.candleTable)}
      WHERE series_id = ? AND open_time IN (${places})`,
    [seriesId, ...candles.map((candle) => candle.openTime)],
  );
  // The columns are a candle's properties and all of them numbers.
  return new Map((stored as unknown as Candle[]).map((candle) => [candle.openTime, candle]));
}

async function write(tx: Database, rows: CandleRows, candles: readonly Candle[]): Promise<void> {
  if (candles.length === 0) return;
  const places = candles.map(() => PLACES).join(', ');
  const sql = `INSERT INTO ${quoteName(tx.candleTable)} (${CANDLE_COLUMNS}) VALUES ${places} ${ON_CONFLICT}`;
  const bindings = candles.flatMap((candle) => candleBindings(rows, candle));
  await tx.run((knex) => knex.raw(sql, bindings));
}
