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
  /** How the connection is encrypted. Default `off`. */
  readonly ssl?: MysqlTls;
  /** Connections at most. Default 8. */
  readonly poolSize?: number;
}

export interface MysqlTls {
  /**
   * - `off`: not at all
   * - `prefer`: where the server offers it, without a check of its certificate
   * - `require`: always, without a check of the server's certificate
   * - `verify`: always, and the server's certificate must be signed and name `host`
   */
  readonly mode: 'off' | 'prefer' | 'require' | 'verify';
  /** File with the certificates that sign the server's; those that come with Node without it. */
  readonly caFile?: string | undefined;
  /** Files of this client's own certificate and key, where the server asks for one. */
  readonly certFile?: string | undefined;
  readonly keyFile?: string | undefined;
}

/** The place in words for messages, without the password. */
export function locationText(location: DatabaseLocation): string {
  if (location.engine === 'sqlite') return location.file;
  return `${location.user}@${location.host}:${location.port}/${location.database}`;
}

/** A name of a table or column as both engines take it, whatever words they reserve. */
export function quoteName(name: string): string {
  return `\`${name.replaceAll('`', '``')}\``;
}

/** The table that candles lie in: on MySQL it may have a name of its own. */
export function candleTableOf(location: DatabaseLocation): string {
  return location.engine === 'mysql' ? (location.marketDataTable ?? CANDLE_TABLE) : CANDLE_TABLE;
}
