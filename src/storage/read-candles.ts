import SqliteDatabase from 'better-sqlite3';
import { createConnection, type Connection } from 'mysql2/promise';
import { CANDLE_TABLE } from '../../migrations/ddl.js';
import type { CandleColumns } from '../domain/candle-columns.js';
import { loadColumns, type ColumnsRange } from './load-columns.js';
import {
  candleTableOf,
  type DatabaseLocation,
  type MysqlLocation,
  type SqliteLocation,
} from './location.js';
import {
  connectionOptions,
  sessionSetup,
  STATEMENT_TIMEOUT_MS,
} from './mysql/connection-options.js';
import { translateMysqlError, translateMysqlOpenError } from './mysql/errors.js';
import { omit } from './omit.js';
import type { RowSource } from './row-source.js';
import { translateSqliteError, translateSqliteOpenError } from './sqlite/errors.js';

export { loadColumns, type ColumnsRange } from './load-columns.js';

/** Wait for a lock inside one statement: a reader of WAL waits only while the file is recovered. */
const BUSY_TIMEOUT_MS = 5_000;

/** A connection for reading alone, for a worker thread: it blocks nobody but its own thread. */
export interface Reader extends RowSource {
  /** Closes once; may be called again. */
  close(): Promise<void>;
}

/**
 * Opens a connection of its own to a database whose schema stands already.
 *
 * @throws ConfigError, TransientError as `openDatabase` does
 */
export function openReader(location: DatabaseLocation): Promise<Reader> {
  return location.engine === 'sqlite' ? openSqliteReader(location) : openMysqlReader(location);
}

/** A series and, equal to it or another one, its reference; none where undefined. */
export interface SeriesPair {
  readonly seriesId: number;
  readonly referenceSeriesId: number | undefined;
}

/**
 * Reads the same stretch of a series and of its reference over a connection of its own.
 *
 * @throws as `openReader` and `loadColumns` do
 */
export async function readWithReference(
  location: DatabaseLocation,
  { seriesId, referenceSeriesId }: SeriesPair,
  range: ColumnsRange,
): Promise<{ readonly series: CandleColumns; readonly reference: CandleColumns | undefined }> {
  const reader = await openReader(location);
  try {
    const series = await loadColumns(reader, seriesId, range);
    if (referenceSeriesId === undefined) return { series, reference: undefined };
    if (referenceSeriesId === seriesId) return { series, reference: series };
    return { series, reference: await loadColumns(reader, referenceSeriesId, range) };
  } finally {
    await reader.close();
  }
}

function openSqliteReader({ file }: SqliteLocation): Promise<Reader> {
  return translating(
    () => {
      const options = { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS };
      const database = new SqliteDatabase(file, options);
      // The file is first looked at by the first statement.
      database.pragma('schema_version');
      return {
        candleTable: CANDLE_TABLE,
        selectRows: (sql, bindings) =>
          translating(
            // Rows of a raw statement are arrays.
            () =>
              database
                .prepare(sql)
                .raw()
                .all(...bindings) as unknown[][],
            (error) => translateSqliteError(error, file),
          ),
        close: () => {
          database.close();
          return Promise.resolve();
        },
      };
    },
    (error) => translateSqliteOpenError(error, file),
  );
}

async function openMysqlReader(location: MysqlLocation): Promise<Reader> {
  const connection = await translating(
    () => connect(location),
    (error) => translateMysqlOpenError(error, location),
  );
  let closing: Promise<void> | undefined;
  return {
    candleTable: candleTableOf(location),
    selectRows: (sql, bindings) =>
      translating(
        async () => {
          // The binary protocol carries DOUBLE exactly and needs no parsing.
          const [rows] = await connection.execute(
            { sql, rowsAsArray: true, timeout: STATEMENT_TIMEOUT_MS },
            [...bindings],
          );
          return rows as unknown[][];
        },
        (error) => translateMysqlError(error, location),
      ),
    close: () => {
      closing ??= connection.end();
      return closing;
    },
  };
}

async function connect(location: MysqlLocation): Promise<Connection> {
  const connection = await createConnection(omit(connectionOptions(location), ['typeCast']));
  try {
    const setup = sessionSetup(location);
    await connection.query(setup.sql, setup.values);
    await connection.query('SET SESSION TRANSACTION READ ONLY');
    return connection;
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** Also what is thrown at once, as better-sqlite3 does, becomes a rejection. */
async function translating<T>(
  work: () => T | Promise<T>,
  translate: (error: unknown) => unknown,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw translate(error);
  }
}
