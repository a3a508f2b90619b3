import SqliteDatabase from 'better-sqlite3';
import { CANDLE_TABLE } from '../../../migrations/ddl.js';
import type { Reader } from '../connection/connections.js';
import { translating } from '../connection/driver-errors.js';
import type { SqliteLocation } from '../connection/location.js';
import { CACHE_SIZE } from './connection.js';
import { translateSqliteError, translateSqliteOpenError } from './errors.js';

/** Wait for a lock inside one statement: a reader of WAL waits only while the file is recovered. */
const BUSY_TIMEOUT_MS = 5_000;

/** @throws ConfigError, TransientError as `openDatabase` does */
export function openSqliteReader({ file }: SqliteLocation): Promise<Reader> {
  return translating(
    () => {
      const options = { readonly: true, fileMustExist: true, timeout: BUSY_TIMEOUT_MS };
      const database = new SqliteDatabase(file, options);
      // The file is first read by the first statement.
      database.pragma('schema_version');
      database.pragma(CACHE_SIZE);
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
