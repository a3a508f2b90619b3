import path from 'node:path';
import { listSecrets } from '../../config/effective-settings.js';
import type { Environment } from '../../config/read-settings.js';
import type { Settings } from '../../config/settings.js';
import { AlreadyRunningError, ConfigError, messageOf, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { createLogger } from '../lib/winston-logger.js';

/** What a program that runs for months ends with; those above 2 are of `sysexits.h`. */
export const EXIT = {
  fine: 0,
  failure: 1,
  usage: 2,
  unavailable: 69,
  alreadyRunning: 75,
  config: 78,
} as const;

/** Says why a program ends. @param program as a sentence begins: `The daemon`. @returns its exit code */
export function reportEnd(error: unknown, program: string, logger: Logger): number {
  const code = exitCodeOf(error);
  if (code === EXIT.failure) {
    logger.error(`${program} stopped on a defect: ${messageOf(error)}`, { error });
  } else {
    logger.error(messageOf(error));
  }
  return code;
}

function exitCodeOf(error: unknown): number {
  if (error instanceof AlreadyRunningError) return EXIT.alreadyRunning;
  if (error instanceof ConfigError) return EXIT.config;
  return error instanceof TransientError ? EXIT.unavailable : EXIT.failure;
}

/** Where a program that runs for months writes its lines. */
export function loggerOptions(
  settings: Settings,
  environment: Environment,
): Parameters<typeof createLogger>[0] {
  // Under systemd the journal keeps the lines; a second copy in files would only fill the disk.
  const isJournal = environment['JOURNAL_STREAM'] !== undefined;
  return {
    level: settings.logLevel,
    target: isJournal ? 'journal' : 'terminal',
    folder: path.join(settings.dataDir, 'logs'),
    secrets: listSecrets(settings),
  };
}
