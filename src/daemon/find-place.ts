import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import path from 'node:path';
import type { Clock } from '../lib/clock.js';
import { messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { newUid } from '../lib/uid.js';

/**
 * Where a daemon lives, as one name of at most 60 characters: machine, folder and installation. Another installation on
 * this machine may share the database, and its run be well alive. Copies of a folder have one id, and differ in at least
 * one of the others.
 */
export function findPlace(
  dataDir: string,
  { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
): string {
  const installation = readInstallationId(dataDir, { wallMs: clock.wallMs(), logger });
  const folder = createHash('sha256').update(realpathSync(dataDir)).digest('hex').slice(0, 8);
  return `${hostname().slice(0, 24)}/${folder}/${installation}`;
}

/**
 * Names this data folder for as long as it exists. The trading lease is held under it, so that a daemon
 * that was killed has its lease back at its next start and need not wait for it to end: the folder's
 * lock makes sure that there is one daemon to a folder.
 */
function readInstallationId(dataDir: string, tools: IdTools): string {
  const file = path.join(dataDir, 'installation-id');
  try {
    const id = readFileSync(file, 'utf8').trim();
    if (ULID.test(id)) return id;
    tools.logger.warn('The installation id is damaged; making another', { file });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') {
      tools.logger.warn(`The installation id cannot be read: ${messageOf(error)}`, { file });
    }
  }
  const id = newUid(tools.wallMs);
  writeFileSync(`${file}.new`, `${id}\n`);
  renameSync(`${file}.new`, file);
  return id;
}

interface IdTools {
  readonly wallMs: number;
  readonly logger: Logger;
}

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
