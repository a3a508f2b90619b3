import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../src/storage/database/database.js';
import type { MysqlLocation } from '../../src/storage/connection/location.js';
import {
  documentMysqlSchema,
  DOCUMENTED_DATABASE,
} from '../../src/storage/mysql/document-schema.js';
import { openStores } from '../../src/storage/stores.js';
import { dropDatabase, mysqlLocation, mysqlSkipReason } from '../database.js';
import { fixedClock } from './fixed-clock.js';
import { aCandle, SERIES_KEY } from './rows.js';

const FILE = fileURLToPath(new URL('../../docs/mysql_schema.sql', import.meta.url));
const CLIENT = ['mariadb', 'mysql'].find((name) => spawnSync(name, ['--version']).status === 0);
const skipReason = CLIENT === undefined ? 'no mysql client' : mysqlSkipReason;

const opened: Database[] = [];
const made: MysqlLocation[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
  await Promise.all(made.splice(0).map(dropDatabase));
});

function ownLocation(): MysqlLocation {
  const location = mysqlLocation();
  made.push(location);
  return location;
}

async function open(location: MysqlLocation, mayCreate: boolean): Promise<Database> {
  const context = { clock: fixedClock(), logger: SILENT_LOGGER, mayCreate };
  const database = await openDatabase(location, context);
  opened.push(database);
  return database;
}

/** As a person does it, under a database name of the test's own. */
function load({ host, port, user, password, database }: MysqlLocation): void {
  const input = documentMysqlSchema().replaceAll(`\`${DOCUMENTED_DATABASE}\``, `\`${database}\``);
  const client = [`--host=${host}`, `--port=${port}`, `--user=${user}`, '--protocol=tcp'];
  execFileSync(CLIENT ?? '', client, { input, env: { ...process.env, MYSQL_PWD: password } });
}

const DESCRIPTIONS = {
  tables: `SELECT table_name, table_type, engine, table_collation FROM information_schema.tables
    WHERE table_schema = DATABASE() ORDER BY 1`,
  columns: `SELECT table_name, ordinal_position, column_name, column_type, is_nullable, column_default,
    extra, collation_name FROM information_schema.columns
    WHERE table_schema = DATABASE() ORDER BY 1, 2`,
  keys: `SELECT table_name, index_name, seq_in_index, column_name, non_unique
    FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1, 2, 3`,
  references: `SELECT table_name, column_name, referenced_table_name, referenced_column_name
    FROM information_schema.key_column_usage
    WHERE table_schema = DATABASE() AND referenced_table_name IS NOT NULL ORDER BY 1, 2`,
  steps: 'SELECT name FROM evenkeel_migrations ORDER BY 1',
};

async function describeSchema(database: Database): Promise<Record<string, unknown>> {
  const parts: Record<string, unknown> = {};
  for (const [name, sql] of Object.entries(DESCRIPTIONS)) {
    parts[name] = await database.selectRows(sql, []);
  }
  const own = database.location.engine === 'mysql' ? database.location.database : '';
  const views = await database.selectRows(
    'SELECT view_definition, security_type FROM information_schema.views WHERE table_schema = DATABASE()',
    [],
  );
  parts['views'] = views.map((row) => row.map((text) => String(text).replaceAll(own, 'own')));
  return parts;
}

it('docs/mysql_schema.sql is what the migrations say', () => {
  expect(readFileSync(FILE, 'utf8')).toBe(documentMysqlSchema());
});

const title = `docs/mysql_schema.sql${skipReason === undefined ? '' : ` (skipped: ${skipReason})`}`;

describe.skipIf(skipReason !== undefined)(title, () => {
  it('makes what the migrations make, from an empty server, and may be loaded again', async () => {
    const [byScript, byMigrations] = [ownLocation(), ownLocation()];
    load(byScript);
    load(byScript);
    const script = await open(byScript, false);
    const migrations = await open(byMigrations, true);
    const expected = await describeSchema(migrations);
    expect((expected['columns'] as unknown[]).length).toBeGreaterThan(200);
    expect(await describeSchema(script)).toEqual(expected);
  });

  it('is a schema to work on', async () => {
    const location = ownLocation();
    load(location);
    const stores = openStores(await open(location, false), fixedClock());
    const { id } = await stores.series.ensure(SERIES_KEY);
    await stores.candles.upsert(id, [aCandle(1)], 'rest');
    expect(await stores.candles.read(id)).toEqual([aCandle(1)]);
  });
});
