import type { Connection } from 'mysql2/promise';
import { candleTableOf, type MysqlLocation } from '../connection/location.js';
import type { Reader } from '../connection/connections.js';
import { translating } from '../connection/driver-errors.js';
import { connect } from './connect.js';
import { sessionSetup, STATEMENT_TIMEOUT_MS } from './connection-options.js';
import { translateMysqlError, translateMysqlOpenError } from './errors.js';

/** @throws ConfigError, TransientError as `openDatabase` does */
export async function openMysqlReader(location: MysqlLocation): Promise<Reader> {
  const connection = await translating(
    () => openSession(location),
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

async function openSession(location: MysqlLocation): Promise<Connection> {
  const { connection } = await connect(location, { driver: { typeCast: true } });
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
