import { statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import type { Database } from '../../src/storage/database/database.js';
import { forEachEngine, openTestDatabase } from '../database.js';
import { aCandle, candles, SERIES_KEY } from './rows.js';

/** Bars.md's P19 in words: a stored candle takes at most this, indexes included. */
const MAX_CANDLE_BYTES = 150;

const TABLES = [
  'accounts',
  'artifacts',
  'backtests',
  'decisions',
  'equity',
  'evenkeel_migrations',
  'experiment_scores',
  'experiment_trials',
  'experiments',
  'fills',
  'halts',
  'item_attributes',
  'known_gaps',
  'leases',
  'market_data',
  'model_drift',
  'model_pins',
  'model_training_records',
  'notifications',
  'orders',
  'pooled_models',
  'positions',
  'predictions',
  'quarantined_candles',
  'real_time_prices',
  'reconciliations',
  'runs',
  'series',
  'shadow_answers',
  'shadow_models',
  'signals',
  'training_control',
  'training_cooldowns',
  'training_evidence',
  'training_jobs',
  'training_notices',
  'training_schedules',
  'training_sessions',
  'workers',
];

async function tablesOf(database: Database): Promise<string[]> {
  const sql =
    database.engine === 'sqlite'
      ? "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
      : `SELECT table_name FROM information_schema.tables
          WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE'`;
  return (await database.selectRows(sql, [])).flat().map(String).sort();
}

async function columnsOf(database: Database, table: string): Promise<string[]> {
  const sql =
    database.engine === 'sqlite'
      ? 'SELECT name FROM pragma_table_info(?) ORDER BY cid'
      : `SELECT column_name FROM information_schema.columns
          WHERE table_schema = DATABASE() AND table_name = ? ORDER BY ordinal_position`;
  return (await database.selectRows(sql, [table])).flat().map(String);
}

/** Columns of the primary key and of each other key. */
async function keysOf(database: Database, table: string): Promise<string[]> {
  const sql =
    database.engine === 'sqlite'
      ? `SELECT i.name, group_concat(c.name) FROM pragma_index_list(?) i, pragma_index_info(i.name) c
          GROUP BY i.name`
      : `SELECT index_name, GROUP_CONCAT(column_name ORDER BY seq_in_index)
          FROM information_schema.statistics
          WHERE table_schema = DATABASE() AND table_name = ? GROUP BY index_name`;
  return (await database.selectRows(sql, [table])).map((row) => String(row[1])).sort();
}

forEachEngine((engine) => {
  describe('the schema', () => {
    it('has the same tables and columns on every engine', async () => {
      const { database } = await engine.open();
      const reference = await openTestDatabase();
      expect(await tablesOf(database)).toEqual(TABLES);
      for (const table of TABLES) {
        const expected = await columnsOf(reference.database, table);
        expect({ table, columns: await columnsOf(database, table) }).toEqual({
          table,
          columns: expected,
        });
      }
      await reference.database.close();
    });

    it('keys candles by series and open time and by nothing else', async () => {
      const { database } = await engine.open();
      expect(await keysOf(database, 'market_data')).toEqual(['series_id,open_time']);
    });

    it('finds training records by key, by time and by status', async () => {
      const { database } = await engine.open();
      const keys = await keysOf(database, 'model_training_records');
      expect(keys).toEqual(
        expect.arrayContaining(['symbol,timeframe,bot_name', 'trained_at', 'status']),
      );
    });

    it('shows candles with names and times to people', async () => {
      const { database, stores } = await engine.open();
      const { id } = await stores.series.ensure(SERIES_KEY);
      await stores.candles.upsert(id, [aCandle(1)], 'csv');
      const sql = `SELECT venue, symbol, timeframe, open_time, close, revision, source,
        CAST(open_at AS CHAR) FROM market_data_named`;
      expect(await database.selectRows(sql, [])).toEqual([
        ['binance', 'BTC/USDT', '1h', aCandle(1).openTime, 101, 1, 'csv', '2024-01-01 01:00:00'],
      ]);
    });

    it('refuses a word where a number belongs', async () => {
      const { database } = await engine.open();
      const insert = database.run((knex) =>
        knex('series').insert({
          uid: 'u',
          venue: 'v',
          symbol: 's',
          market_id: 'm',
          timeframe: '1h',
          has_volume: 'many',
          row_version: 1,
          created_at: 1,
        }),
      );
      await expect(insert).rejects.toThrow(/refused a row/);
    });

    it(`stores a candle in at most ${MAX_CANDLE_BYTES} bytes`, async () => {
      const { database, stores } = await engine.open();
      const { id } = await stores.series.ensure(SERIES_KEY);
      const count = 20_000;
      const awkward = candles(count).map((candle) => ({ ...candle, volume: candle.volume / 7 }));
      await stores.candles.upsert(id, awkward, 'rest');
      const bytes = await sizeOf(database);
      expect(bytes / count).toBeLessThanOrEqual(MAX_CANDLE_BYTES);
    });
  });
});

describe('every migration', () => {
  it('is one statement on MySQL, guarded so that it can be taken again', () => {
    for (const step of MIGRATIONS) {
      const statements = step.statements('mysql');
      expect({ name: step.name, count: statements.length }).toEqual({ name: step.name, count: 1 });
      expect(statements[0]).toMatch(
        /^(CREATE (TABLE IF NOT EXISTS|INDEX \/\*M! IF NOT EXISTS|OR REPLACE )|ALTER TABLE `\w+`\n  ADD COLUMN \/\*M! IF NOT EXISTS)/,
      );
    }
  });

  it('makes STRICT tables on SQLite', () => {
    const creates = MIGRATIONS.flatMap((step) => step.statements('sqlite')).filter((statement) =>
      statement.startsWith('CREATE TABLE'),
    );
    expect(creates).toHaveLength(TABLES.length - 1);
    for (const create of creates) expect(create).toMatch(/\) STRICT(, WITHOUT ROWID)?$/);
  });

  it('has a name of its own without an extension, in ascending order', () => {
    const names = MIGRATIONS.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    expect([...names].sort()).toEqual(names);
    for (const name of names) expect(name).toMatch(/^\d{4}_[a-z_]+$/);
  });
});

async function sizeOf(database: Database): Promise<number> {
  if (database.location.engine === 'sqlite') {
    await database.selectRows('PRAGMA wal_checkpoint(TRUNCATE)', []);
    return statSync(database.location.file).size;
  }
  await database.selectRows('ANALYZE TABLE market_data', []);
  const sql = `SELECT data_length + index_length FROM information_schema.tables
    WHERE table_schema = DATABASE() AND table_name = 'market_data'`;
  return Number((await database.selectRows(sql, []))[0]?.[0]);
}
