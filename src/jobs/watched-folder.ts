import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import { importFile, type ImportReport } from '../collection/files/import-file.js';
import { listCsvFiles, symbolOfFile } from '../collection/files/list-files.js';
import type { NameParser } from '../collection/files/name-pattern.js';
import { writeRejects } from '../collection/files/rejects.js';
import { isTimeframe } from '../domain/timeframe.js';
import type { Clock } from '../lib/clock.js';
import { ConfigError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { Stores } from '../storage/stores.js';

export interface WatchedFolderOptions {
  /** Holds `<name>/<timeframe>/*.csv`, which become the venue `csv:<name>`. */
  readonly folder: string;
  readonly parseName: NameParser | undefined;
  readonly rejectsDir: string;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Imports the files of a folder, and again those that have changed since. */
export class WatchedFolder {
  readonly #options: WatchedFolderOptions;
  /** Size and time of change of the files that were read. */
  readonly #seen = new Map<string, string>();

  constructor(options: WatchedFolderOptions) {
    this.#options = options;
  }

  /** One look; a file that cannot be read is named once and looked at again when it changes. */
  async look(signal: AbortSignal): Promise<readonly ImportReport[]> {
    const reports: ImportReport[] = [];
    for (const name of await foldersIn(this.#options.folder)) {
      for (const timeframe of await foldersIn(path.join(this.#options.folder, name))) {
        if (!isTimeframe(timeframe)) continue;
        const files = await listCsvFiles(path.join(this.#options.folder, name, timeframe));
        for (const file of files) {
          signal.throwIfAborted();
          const state = await stateOf(file);
          if (state === undefined || this.#seen.get(file) === state) continue;
          const report = await this.#import(file, { name, timeframe, signal });
          // What was written meanwhile is read by the next look.
          this.#seen.set(file, state);
          if (report !== undefined) reports.push(report);
        }
      }
    }
    return reports;
  }

  async #import(
    file: string,
    about: {
      readonly name: string;
      readonly timeframe: Parameters<typeof importFile>[0]['timeframe'];
      readonly signal: AbortSignal;
    },
  ): Promise<ImportReport | undefined> {
    const { clock, logger, parseName, rejectsDir, stores } = this.#options;
    const { name, timeframe, signal } = about;
    const request = { file, name, timeframe, parseName, attributes: {}, isDryRun: false };
    try {
      const symbol = symbolOfFile(file);
      const report = await importFile({ ...request, symbol }, { stores, clock, signal });
      const rejects = path.join(rejectsDir, `${name}-${timeframe}-${path.basename(file)}`);
      await writeRejects(rejects, report);
      const { inserted, revised, items, rejected } = report;
      logger.info('File imported', { file, venue: report.venue, items, inserted, revised });
      if (rejected.length > 0) {
        logger.warn('Lines of a file could not be used', { file, lines: rejected.length, rejects });
      }
      return report;
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      logger.warn('A file of CSV_DIR cannot be imported', { file, reason: error.message });
      return undefined;
    }
  }
}

async function foldersIn(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries.flatMap((one) => (one.isDirectory() ? [one.name] : [])).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

async function stateOf(file: string): Promise<string | undefined> {
  const found = await stat(file).catch(() => undefined);
  return found === undefined ? undefined : `${found.size} ${found.mtimeMs}`;
}
