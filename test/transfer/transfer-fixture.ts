import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import SqliteDatabase from 'better-sqlite3';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import { SystemClock } from '../../src/lib/clock.js';
import { openDatabase } from '../../src/storage/database/database.js';
import type { MysqlLocation } from '../../src/storage/connection/location.js';
import { omit } from '../../src/storage/rows/row-codec.js';
import { forgetClosingSum } from '../../src/storage/sqlite/closing-sum.js';
import { MysqlTarget, type MysqlTargetOptions } from '../../src/transfer/mysql-target.js';
import { SqliteSource } from '../../src/transfer/sqlite-source.js';
import { transfer, type TransferOptions } from '../../src/transfer/transfer.js';
import type { ListedRow, TableReport, TransferReport } from '../../src/transfer/transfer-report.js';
import { dropDatabase, fixedClock, mysqlLocation } from '../database.js';

type Plain = Record<string, unknown>;

/** A SQLite file and a MySQL database, both empty, for one test. */
export class TransferFixture {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-transfer-'));
  readonly file = path.join(this.folder, 'source.sqlite');
  readonly location: MysqlLocation;

  constructor(values: Partial<MysqlLocation> = {}) {
    this.location = { ...mysqlLocation(), ...values };
  }

  /** The source's file with its schema, as one that is still written to: without a closing sum. */
  async create(): Promise<void> {
    const location = { engine: 'sqlite', file: this.file } as const;
    await (await openDatabase(location, { clock: fixedClock(), logger: SILENT_LOGGER })).close();
    forgetClosingSum(this.file);
  }

  /** Drops both sides and creates them again under the same names. */
  async createAgain(fill: () => void): Promise<void> {
    mkdirSync(this.folder, { recursive: true });
    await this.create();
    fill();
  }

  async remove(): Promise<void> {
    await dropDatabase(this.location);
    rmSync(this.folder, { recursive: true, force: true });
  }

  /** Copies, and answers with the report and every row that was listed. */
  async copy(
    options: Partial<TransferOptions & MysqlTargetOptions> & {
      /** Statements on the target between the copy and its verification. */
      readonly beforeVerify?: readonly string[];
      /** The target by another way in. */
      readonly location?: MysqlLocation;
    } = {},
  ): Promise<{ readonly report: TransferReport; readonly listed: readonly ListedRow[] }> {
    const clock = new SystemClock();
    const listed: ListedRow[] = [];
    const source = SqliteSource.open(this.file);
    try {
      const target = await MysqlTarget.open(options.location ?? this.location, {
        clock,
        logger: SILENT_LOGGER,
        batchRows: 7,
        isReadOnly: options.isDryRun === true,
        ...options,
      });
      if (options.beforeVerify !== undefined) this.#interfere(target, options.beforeVerify);
      try {
        const onRow = (row: ListedRow): void => void listed.push(row);
        return { report: await transfer({ source, target }, { clock, onRow, ...options }), listed };
      } finally {
        await target.close();
      }
    } finally {
      await source.close();
    }
  }

  /** The verification begins by asking for its readers. */
  #interfere(target: MysqlTarget, statements: readonly string[]): void {
    const openReaders = target.openReaders.bind(target);
    let isDone = false;
    target.openReaders = async () => {
      if (!isDone) for (const statement of statements) await this.onTarget(statement);
      isDone = true;
      return openReaders();
    };
  }

  /** Runs statements on the source as another process would. */
  onSource(...statements: readonly string[]): void {
    const database = new SqliteDatabase(this.file);
    for (const statement of statements) database.exec(statement);
    database.close();
    forgetClosingSum(this.file);
  }

  async onTarget(sql: string, values: readonly (string | number)[] = []): Promise<Plain[]> {
    const { host, port, user, password, database } = this.location;
    const connection = await createConnection({
      host,
      port,
      user,
      password,
      database,
      supportBigNumbers: true,
      bigNumberStrings: true,
    });
    try {
      // Prepared statements answer in binary: doubles are exact without any text in between.
      const [rows] = await connection.execute<RowDataPacket[]>(sql, [...values]);
      return rows;
    } finally {
      await connection.end();
    }
  }

  /** Every row of both sides by table, read by plain means, with ids that mean nothing left out. */
  async contents(): Promise<{ readonly source: Contents; readonly target: Contents }> {
    const source = this.sourceContents();
    const target: Record<string, string[]> = {};
    const series = await this.onTarget('SELECT id, symbol, venue, timeframe FROM series');
    for (const name of Object.keys(source)) {
      const table = name === 'market_data' ? (this.location.marketDataTable ?? name) : name;
      const rows = await this.onTarget(`SELECT * FROM \`${table}\``);
      target[name] = rows.map((row) => canonical(row, series)).sort();
    }
    return { source, target };
  }

  /** Tables of the schema as the database itself lists them. */
  sourceContents(): Contents {
    const database = new SqliteDatabase(this.file, { readonly: true });
    try {
      database.defaultSafeIntegers(true);
      const read = (table: string): Plain[] =>
        database.prepare<[], Plain>(`SELECT * FROM \`${table}\``).all();
      const names = database
        .prepare<[], string>("SELECT name FROM sqlite_schema WHERE type = 'table'")
        .pluck()
        .all();
      const copied = names.filter((name) => !NOT_COPIED.has(name) && !name.startsWith('sqlite_'));
      const series = read('series');
      return Object.fromEntries(
        copied.map((name) => [
          name,
          read(name)
            .map((row) => canonical(row, series))
            .sort(),
        ]),
      );
    } finally {
      database.close();
    }
  }

  /** Changes when anything of the file does: its own bytes and those of its log. */
  fileHash(): string {
    const hash = createHash('sha256');
    for (const name of [this.file, `${this.file}-wal`]) {
      // SQLite makes an empty log beside a file that it opens, also for reading alone.
      hash.update(existsSync(name) ? readFileSync(name) : '');
    }
    return hash.digest('hex');
  }
}

export type Contents = Readonly<Record<string, readonly string[]>>;

/** Decided in the schema: they belong to one database alone. */
const NOT_COPIED = new Set(['leases', 'notifications', 'evenkeel_migrations']);

function canonical(row: Plain, series: readonly Plain[]): string {
  const rest = omit(row, ['id', 'series_id']);
  const parent = series.find(({ id }) => String(id) === String(row['series_id']));
  const named = {
    ...rest,
    series: parent && [parent['venue'], parent['symbol'], parent['timeframe']],
  };
  // The drivers give whole numbers as numbers, bigints or texts: their digits are the same.
  return JSON.stringify(named, (_key, value: unknown) =>
    typeof value === 'bigint' || typeof value === 'number' ? String(value) : value,
  );
}

export function tableReport(report: TransferReport, table: string): TableReport {
  const found = report.tables.find((one) => one.table === table);
  if (found === undefined) throw new Error(`no table ${table} in the report`);
  return found;
}

export function totals(report: TransferReport): Record<string, number> {
  const sum = (
    key: 'inserted' | 'updated' | 'unchanged' | 'keptNewer' | 'conflicts' | 'rejected',
  ): number => report.tables.reduce((total, table) => total + table[key], 0);
  return {
    inserted: sum('inserted'),
    updated: sum('updated'),
    unchanged: sum('unchanged'),
    kept: sum('keptNewer'),
    conflicts: sum('conflicts'),
    rejected: sum('rejected'),
  };
}
