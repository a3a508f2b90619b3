import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { afterEach, describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import { openDatabase } from '../../src/storage/database/database.js';
import type { DatabaseLocation } from '../../src/storage/connection/location.js';
import { migrateMysql } from '../../src/storage/mysql/migrate-mysql.js';
import { migrateSqlite } from '../../src/storage/sqlite/migrate-sqlite.js';
import { dropDatabase, mysqlLocation, mysqlSkipReason } from '../mysql-server.js';
import { fixedClock } from './fixed-clock.js';

/** The steps that the first release had. */
const OLD = MIGRATIONS.slice(0, MIGRATIONS.findIndex(({ name }) => name.startsWith('0021')) + 1);

type Values = Record<string, string | number>;

/** Columns and their types of each table that the first release made. */
const TABLES: ReadonlyMap<string, ReadonlyMap<string, string>> = readTables();

function readTables(): Map<string, Map<string, string>> {
  const reference = new SqliteDatabase(':memory:');
  for (const step of OLD) step.statements('sqlite').forEach((sql) => reference.exec(sql));
  const names = reference
    .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'")
    .pluck()
    .all();
  const tables = names.map((name) => {
    const columns = reference.pragma(`table_info(${name})`) as { name: string; type: string }[];
    return [name, new Map(columns.map((column) => [column.name, column.type]))] as const;
  });
  reference.close();
  return new Map(tables);
}

/** A row whose texts tell its place; what refers to a parent has the parent's value. */
function rowOf(table: string): Values {
  const row: Values = {};
  for (const [name, type] of TABLES.get(table) ?? []) {
    if (type === 'INTEGER') row[name] = 1;
    else if (type === 'REAL') row[name] = 1.5;
    else row[name] = name.endsWith('uid') ? 'uid-1' : `${name.slice(0, 3)} é`;
  }
  return row;
}

function insertOf(table: string): { readonly sql: string; readonly values: (string | number)[] } {
  const row = rowOf(table);
  const names = Object.keys(row).map((name) => `\`${name}\``);
  const places = names.map(() => '?').join(', ');
  const sql = `INSERT INTO \`${table}\` (${names.join(', ')}) VALUES (${places})`;
  return { sql, values: Object.values(row) };
}

/** Opens the database as an upgrading user's daemon does, and expects each row as it was. */
async function expectNothingLost(location: DatabaseLocation): Promise<void> {
  const database = await openDatabase(location, { clock: fixedClock(), logger: SILENT_LOGGER });
  try {
    const [steps] = await database.selectRows('SELECT COUNT(*) FROM evenkeel_migrations', []);
    expect(Number(steps?.[0])).toBe(MIGRATIONS.length);
    for (const [table, columns] of TABLES) {
      const names = [...columns.keys()];
      const list = names.map((name) => `\`${name}\``).join(', ');
      const rows = await database.selectRows(`SELECT ${list} FROM \`${table}\``, []);
      const values = rows.map((row) =>
        Object.fromEntries(names.map((name, at) => [name, row[at]])),
      );
      expect(values, table).toEqual([rowOf(table)]);
    }
  } finally {
    await database.close();
  }
}

describe('a filled database of the first release', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-upgrade-'));
  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('comes to the newest schema on SQLite with every row as it was', async () => {
    expect(TABLES.size).toBeGreaterThan(15);
    const file = path.join(folder, 'old.sqlite');
    const database = new SqliteDatabase(file);
    migrateSqlite({ database, file, migrations: OLD, appliedAt: 1 });
    database.pragma('foreign_keys = OFF');
    for (const table of TABLES.keys()) {
      const { sql, values } = insertOf(table);
      database.prepare(sql).run(...values);
    }
    database.close();
    await expectNothingLost({ engine: 'sqlite', file });
  });

  const title =
    mysqlSkipReason === undefined ? 'on MySQL' : `on MySQL (skipped: ${mysqlSkipReason})`;
  describe.skipIf(mysqlSkipReason !== undefined)(title, () => {
    const location = mysqlLocation();
    afterEach(() => dropDatabase(location));

    it('comes to the newest schema with every row as it was', async () => {
      const { host, port, user, password, database } = location;
      const connection = await createConnection({ host, port, user, password });
      try {
        await connection.query(`CREATE DATABASE \`${database}\` CHARACTER SET utf8mb4`);
        await connection.changeUser({ database });
        await migrateMysql({ connection, database, migrations: OLD, appliedAt: 1 });
        await connection.query('SET FOREIGN_KEY_CHECKS = 0');
        for (const table of TABLES.keys()) {
          const { sql, values } = insertOf(table);
          await connection.query(sql, values);
        }
      } finally {
        await connection.end();
      }
      await expectNothingLost(location);
    });
  });
});
