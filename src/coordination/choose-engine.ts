import { ConfigError, messageOf, TransientError } from '../lib/errors.js';
import { type Database, type DatabaseContext, openDatabase } from '../storage/database/database.js';
import type { DatabaseLocation, SqliteLocation } from '../storage/connection/location.js';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A server that starts together with this process is waited for so long. */
const START_PATIENCE_MS = 6_000;
const START_PAUSE_MS = 1_000;
const START_ATTEMPTS = 6;

export interface EngineWishes extends DatabaseContext {
  readonly wanted: DatabaseLocation;
  /** Used where MySQL cannot be; undefined refuses to go on without it. */
  readonly fallback: SqliteLocation | undefined;
  readonly signal?: AbortSignal;
}

export interface ChosenEngine {
  readonly database: Database;
  /** Why it is not the wanted one. */
  readonly fallbackReason: string | undefined;
}

/**
 * Opens the wanted database or, where that is MySQL and cannot be used, SQLite: now or never, since a
 * daemon that changed its database while it runs would trade on two sets of books.
 *
 * @throws ConfigError, TransientError of the wanted database where there is no fallback
 */
export async function chooseEngine(wishes: EngineWishes): Promise<ChosenEngine> {
  const { wanted, fallback, logger, signal } = wishes;
  try {
    return { database: await openPatiently(wishes), fallbackReason: undefined };
  } catch (error) {
    const isUnusable = error instanceof ConfigError || error instanceof TransientError;
    const isOver = signal?.aborted === true;
    if (wanted.engine === 'sqlite' || fallback === undefined || !isUnusable || isOver) throw error;
    const reason = messageOf(error);
    logger.error(
      `MySQL cannot be used: ${reason}. GOING ON WITH SQLITE (AUTO_FALLBACK_DB=true): no position is opened until a restart finds MySQL`,
      { file: fallback.file },
    );
    // The setting guards the server's schema; this file is the daemon's own.
    const database = await openDatabase(fallback, { ...wishes, mayCreate: true });
    return { database, fallbackReason: reason };
  }
}

async function openPatiently(wishes: EngineWishes): Promise<Database> {
  const { wanted, clock, logger, signal } = wishes;
  const startedMs = clock.wallMs();
  for (let attempt = 1; ; attempt++) {
    try {
      return await openDatabase(wanted, wishes);
    } catch (error) {
      const isLate = clock.wallMs() - startedMs > START_PATIENCE_MS || attempt >= START_ATTEMPTS;
      if (!(error instanceof TransientError) || isLate) throw error;
      if (attempt === 1) logger.warn(`Waiting for the database: ${error.message}`);
      await clock.sleep(START_PAUSE_MS, signal);
    }
  }
}

const FILE = 'collected-on-sqlite.json';

/**
 * Remembers that a daemon that belongs on MySQL worked on SQLite: until that is carried over, the
 * SQLite file holds candles, records and models that MySQL does not know.
 */
export function noteFallback(
  dataDir: string,
  fallback: { readonly since: string; readonly reason: string },
): void {
  const file = path.join(dataDir, FILE);
  if (!existsSync(file)) writeFileSync(file, `${JSON.stringify(fallback, undefined, 2)}\n`);
}

/** Since when rows lie on SQLite that were not carried over, undefined when there are none. */
export function findFallbackNote(dataDir: string): string | undefined {
  const file = path.join(dataDir, FILE);
  if (!existsSync(file)) return undefined;
  const [, since] = /"since":\s*"([^"]+)"/.exec(readFileSync(file, 'utf8')) ?? [];
  return since ?? 'an unknown time';
}

/** To be called once everything is carried over to MySQL. */
export function forgetFallback(dataDir: string): void {
  rmSync(path.join(dataDir, FILE), { force: true });
}
