import path from 'node:path';
import type { Settings } from '../../config/settings.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import {
  chooseEngine,
  type ChosenEngine,
  findFallbackNote,
  noteFallback,
} from '../coordination/choose-engine.js';
import type { DatabaseLocation, SqliteLocation } from '../storage/connection/location.js';

export interface OpenedStorage extends ChosenEngine {
  /** Since when rows lie on SQLite that MySQL, which is used again, does not know. */
  readonly notCarriedOver: string | undefined;
}

/** The database of the settings or what stands in for it, remembering what is to be carried over. */
export async function openStorage(
  settings: Settings,
  tools: { readonly clock: Clock; readonly logger: Logger; readonly signal: AbortSignal },
): Promise<OpenedStorage> {
  const { mysqlEnabled, dataDir } = settings;
  // Other books than those that hold the positions would leave these unguarded, or sell by old ones.
  const mayFallBack = mysqlEnabled && settings.autoFallbackDb && settings.tradingMode !== 'live';
  const chosen = await chooseEngine({
    ...tools,
    wanted: databaseLocation(settings),
    fallback: mayFallBack ? sqliteLocation(settings) : undefined,
    mayCreate: settings.autoCreateSchema,
  });
  if (chosen.fallbackReason !== undefined) {
    const since = new Date(tools.clock.wallMs()).toISOString();
    noteFallback(dataDir, { since, reason: chosen.fallbackReason });
  }
  const isBack = mysqlEnabled && chosen.fallbackReason === undefined;
  const notCarriedOver = isBack ? findFallbackNote(dataDir) : undefined;
  if (notCarriedOver !== undefined) tools.logger.warn(carryOverText(notCarriedOver));
  return { ...chosen, notCarriedOver };
}

/** Of a command: SQLite in place of MySQL would be another database than the one that is meant. */
export function withoutFallback(settings: Settings): Settings {
  return { ...settings, autoFallbackDb: false };
}

export function carryOverText(since: string): string {
  return `MySQL is used again. What was collected on SQLite since ${since} is carried over by: npm run migrate:mysql`;
}

export function sqliteLocation(settings: Settings): SqliteLocation {
  const file = settings.sqliteFile ?? path.join(settings.dataDir, 'evenkeel.sqlite');
  return { engine: 'sqlite', file };
}

export function databaseLocation(settings: Settings): DatabaseLocation {
  const { mysqlHost, mysqlUser, mysqlPassword, mysqlDb } = settings;
  if (!settings.mysqlEnabled) return sqliteLocation(settings);
  return {
    engine: 'mysql',
    // Reading the settings has made sure that these are given.
    host: mysqlHost ?? '',
    user: mysqlUser ?? '',
    password: mysqlPassword ?? '',
    database: mysqlDb ?? '',
    port: settings.mysqlPort,
    charset: settings.mysqlCharset,
    timezone: settings.mysqlTimezone,
    marketDataTable: settings.mysqlMarketDataTable,
    ssl: {
      mode: settings.mysqlSsl,
      caFile: settings.mysqlSslCa,
      certFile: settings.mysqlSslCert,
      keyFile: settings.mysqlSslKey,
    },
    poolSize: settings.mysqlPoolSize,
  };
}
