import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { MIGRATIONS } from '../../migrations/index.js';
import { AlreadyRunningError, ConfigError } from '../lib/errors.js';
import { candleTableOf, locationText, type MysqlLocation } from '../storage/connection/location.js';
import { stampOf } from './backup-files.js';
import { nameDiskError } from './durable-files.js';
import { MysqlScratch, quote, VIEW } from './mysql-scratch.js';
import type { RestoreOptions, RestoreResult } from './restore-sqlite.js';

/**
 * Puts a dump in a database's place: loaded and looked at beside it first; then all tables change
 * places in one statement, the old ones into a database of their own.
 *
 * @throws AlreadyRunningError when a daemon holds the lease of the database
 * @throws ConfigError when there are tables already and nobody insisted, or the dump is damaged
 */
export async function restoreMysql(
  backup: string,
  location: MysqlLocation,
  options: RestoreOptions,
): Promise<RestoreResult> {
  if (!existsSync(backup)) throw new ConfigError(`There is no backup ${backup}`);
  const scratch = await MysqlScratch.connect(location);
  const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-restore-'));
  const loading = scratch.nameWith('_restoring');
  try {
    const old = await oldTables(scratch, location, options);
    const counts = await scratch.load(backup, loading, folder);
    await scratch.assertSchema(loading, backup);
    const kept =
      old.length > 0 ? scratch.nameWith(`_before_${stampOf(options.clock.wallMs())}`) : undefined;
    await swap(scratch, location, { loading, kept, old, fresh: [...counts.keys()] });
    const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return { path: locationText(location), rows, kept };
  } catch (error) {
    throw nameDiskError(error, folder);
  } finally {
    await scratch.drop(loading).catch(() => undefined);
    await scratch.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

async function oldTables(
  scratch: MysqlScratch,
  location: MysqlLocation,
  { isForced }: RestoreOptions,
): Promise<readonly string[]> {
  const { database } = location;
  const old = await scratch.tablesOf(database);
  if (old.length === 0) return old;
  if (!isForced) {
    throw new ConfigError(
      `${locationText(location)} has ${old.length} tables: --force replaces them and keeps the old ones`,
    );
  }
  if (!old.includes('leases')) return old;
  const [rows] = await scratch.connection.query<RowDataPacket[]>(
    `SELECT holder FROM ${quote(database)}.leases WHERE expires_at > UNIX_TIMESTAMP(NOW(3)) * 1000`,
  );
  const [holder] = rows;
  if (holder === undefined) return old;
  throw new AlreadyRunningError(
    `${locationText(location)} is in use by ${String(holder['holder'])}: stop that daemon first`,
  );
}

interface Swap {
  readonly loading: string;
  readonly kept: string | undefined;
  readonly old: readonly string[];
  readonly fresh: readonly string[];
}

async function swap(
  { connection }: MysqlScratch,
  location: MysqlLocation,
  { loading, kept, old, fresh }: Swap,
): Promise<void> {
  const { database } = location;
  const character = 'CHARACTER SET utf8mb4 COLLATE utf8mb4_bin';
  await connection.query(`CREATE DATABASE IF NOT EXISTS ${quote(database)} ${character}`);
  if (kept !== undefined) await connection.query(`CREATE DATABASE ${quote(kept)} ${character}`);
  await connection.query(`DROP VIEW IF EXISTS ${quote(database)}.${VIEW}`);
  const move = (table: string, from: string, to: string): string =>
    `${quote(from)}.${quote(table)} TO ${quote(to)}.${quote(table)}`;
  const moves = [
    ...(kept === undefined ? [] : old.map((table) => move(table, database, kept))),
    ...fresh.map((table) => move(table, loading, database)),
  ];
  await connection.query(`RENAME TABLE ${moves.join(', ')}`);
  await connection.query(`USE ${quote(database)}`);
  for (const statement of viewStatements(location)) await connection.query(statement);
}

function viewStatements(location: MysqlLocation): readonly string[] {
  return MIGRATIONS.flatMap((step) => step.statements('mysql', candleTableOf(location))).filter(
    (sql) => sql.includes(` VIEW ${VIEW} `),
  );
}
