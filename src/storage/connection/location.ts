import { CANDLE_TABLE } from '../../../migrations/ddl.js';

/** Where a database is, as plain data: it can be handed to a worker. */
export type DatabaseLocation = SqliteLocation | MysqlLocation;

export interface SqliteLocation {
  readonly engine: 'sqlite';
  /** Path of the file, or `:memory:` for a database that lives as long as its connection. */
  readonly file: string;
}

export interface MysqlLocation {
  readonly engine: 'mysql';
  readonly host: string;
  readonly port: number;
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Character set of the connection; the tables are always `utf8mb4`. Default `utf8mb4`. */
  readonly charset?: string;
  /** Offset of the session, `+00:00`. All stored times are epoch milliseconds, so it only dresses views. */
  readonly timezone?: string;
  /** Name of the candle table. Default `market_data`. */
  readonly marketDataTable?: string;
  /** Connections at most. Default 8. */
  readonly poolSize?: number;
}

/** The place in words for messages, without the password. */
export function locationText(location: DatabaseLocation): string {
  if (location.engine === 'sqlite') return location.file;
  return `${location.user}@${location.host}:${location.port}/${location.database}`;
}

/** The table that candles lie in: on MySQL it may have a name of its own. */
export function candleTableOf(location: DatabaseLocation): string {
  return location.engine === 'mysql' ? (location.marketDataTable ?? CANDLE_TABLE) : CANDLE_TABLE;
}
