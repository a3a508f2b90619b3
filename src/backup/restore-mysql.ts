import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { RowDataPacket } from 'mysql2/promise';
import { MIGRATIONS } from '../../migrations/index.js';
import { AlreadyRunningError, ConfigError } from '../lib/errors.js';
import { candleTableOf, locationText, type MysqlLocation } from '../storage/connection/location.js';
import { stampOf } from './backup-files.js';
import { nameDiskError } from './durable-files.js';
import { MysqlScratch, nameIn, quote, VIEW, type TablePlace } from './mysql-scratch.js';
import type { RestoreOptions, RestoreResult } from './restore-sqlite.js';

/**
 * Puts a dump in a database's place: loaded and read through beside it first; then all tables change
 * places in one statement, and the old ones are kept. Beside it is a database of its own or, where the
 * user has rights on the one in use alone, tables with a prefix in that one.
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
  let loading: TablePlace | undefined;
  try {
    const old = await oldTables(scratch, options);
    loading = await makeLoadingPlace(scratch);
    const counts = await scratch.load(backup, loading, folder);
    await scratch.assertSchema(loading, backup);
    const kept = old.length > 0 ? await makeKeptPlace(scratch, loading, options) : undefined;
    await swap(scratch, { loading, kept, old, fresh: [...counts.keys()] });
    const rows = [...counts.values()].reduce((sum, count) => sum + count, 0);
    return { path: locationText(location), rows, kept: kept && placeText(kept) };
  } catch (error) {
    throw nameDiskError(error, folder);
  } finally {
    if (loading !== undefined) await scratch.drop(loading).catch(() => undefined);
    await scratch.stop();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** An empty place to load into. */
async function makeLoadingPlace(scratch: MysqlScratch): Promise<TablePlace> {
  const own = scratch.beside('_restoring');
  // One that a killed restore left behind.
  await scratch.drop(own).catch(() => undefined);
  if (await scratch.tryCreate(own)) return own;
  await scratch.tryCreate(scratch.inUse);
  const shared = { ...scratch.inUse, prefix: 'restoring_' };
  await scratch.drop(shared);
  return shared;
}

async function makeKeptPlace(
  scratch: MysqlScratch,
  loading: TablePlace,
  { clock }: RestoreOptions,
): Promise<TablePlace> {
  const stamp = stampOf(clock.wallMs());
  if (loading.prefix !== '') return { ...scratch.inUse, prefix: `before_${stamp}_` };
  const own = scratch.beside(`_before_${stamp}`);
  if (await scratch.tryCreate(own)) return own;
  throw new ConfigError(`No right to make the database ${own.database} for the old tables`);
}

function placeText({ database, prefix }: TablePlace): string {
  return prefix === '' ? database : `${database}.${prefix}*`;
}

async function oldTables(
  scratch: MysqlScratch,
  { isForced }: RestoreOptions,
): Promise<readonly string[]> {
  const { location, inUse } = scratch;
  const old = await scratch.tablesOf(inUse);
  if (old.length === 0) return old;
  if (!isForced) {
    throw new ConfigError(
      `${locationText(location)} has ${old.length} tables: --force replaces them and keeps the old ones`,
    );
  }
  if (!old.includes('leases')) return old;
  const [rows] = await scratch.connection.query<RowDataPacket[]>(
    `SELECT holder FROM ${nameIn(inUse, 'leases')} WHERE expires_at > UNIX_TIMESTAMP(NOW(3)) * 1000`,
  );
  const [holder] = rows;
  if (holder === undefined) return old;
  throw new AlreadyRunningError(
    `${locationText(location)} is in use by ${String(holder['holder'])}: stop that daemon first`,
  );
}

interface Swap {
  readonly loading: TablePlace;
  readonly kept: TablePlace | undefined;
  readonly old: readonly string[];
  readonly fresh: readonly string[];
}

async function swap(scratch: MysqlScratch, { loading, kept, old, fresh }: Swap): Promise<void> {
  const { connection, inUse, location } = scratch;
  await scratch.tryCreate(inUse);
  await connection.query(`DROP VIEW IF EXISTS ${nameIn(inUse, VIEW)}`);
  const move = (table: string, from: TablePlace, to: TablePlace): string =>
    `${nameIn(from, table)} TO ${nameIn(to, table)}`;
  const moves = [
    ...(kept === undefined ? [] : old.map((table) => move(table, inUse, kept))),
    ...fresh.map((table) => move(table, loading, inUse)),
  ];
  await connection.query(`RENAME TABLE ${moves.join(', ')}`);
  await connection.query(`USE ${quote(inUse.database)}`);
  for (const statement of viewStatements(location)) await connection.query(statement);
}

function viewStatements(location: MysqlLocation): readonly string[] {
  return MIGRATIONS.flatMap((step) => step.statements('mysql', candleTableOf(location))).filter(
    (sql) => sql.includes(` VIEW ${VIEW} `),
  );
}
