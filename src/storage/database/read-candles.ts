import SqliteDatabase from 'better-sqlite3';
import { CANDLE_TABLE } from '../../../migrations/ddl.js';
import type { CandleColumns } from '../../domain/candle-columns.js';
import { loadColumns, type ColumnsRange } from './load-columns.js';
import type { DatabaseLocation, SqliteLocation } from '../engine/location.js';
import type { Reader } from '../engine/reader.js';
import { translating } from '../engine/translating.js';
import { translateSqliteError, translateSqliteOpenError } from '../sqlite/errors.js';

export { loadColumns, type ColumnsRange } from './load-columns.js';

/** Wait for a lock inside one statement: a reader of WAL waits only while the file is recovered. */
const BUSY_TIMEOUT_MS = 5_000;

/**
 * Opens a connection of its own to a database whose schema stands already.
 *
 * @throws ConfigError, TransientError as `openDatabase` does
 */
export async function openReader(location: DatabaseLocation): Promise<Reader> {
  if (location.engine === 'sqlite') return openSqliteReader(location);
  // Megabytes of driver that a worker beside SQLite does without.
  const { openMysqlReader } = await import('../mysql/open-mysql-reader.js');
  return openMysqlReader(location);
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
