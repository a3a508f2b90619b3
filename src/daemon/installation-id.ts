import { createHash } from 'node:crypto';
import { readFileSync, realpathSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { newUid } from '../lib/uid.js';

/**
 * Names this data folder for as long as it exists. The trading lease is held under it, so that a daemon
 * that was killed has its lease back at its next start and need not wait for it to end: the folder's
 * lock makes sure that there is one daemon to a folder.
 */
export function readInstallationId(dataDir: string, tools: IdTools): string {
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

/**
 * Where a daemon lives, as one name of at most 60 characters: machine, folder and installation. Copies of a
 * folder have one id, and differ in at least one of the others.
 */
export function placeOf(parts: {
  readonly host: string;
  readonly dataDir: string;
  readonly installation: string;
}): string {
  const folder = createHash('sha256').update(realpathSync(parts.dataDir)).digest('hex').slice(0, 8);
  return `${parts.host.slice(0, 24)}/${folder}/${parts.installation}`;
}

interface IdTools {
  readonly wallMs: number;
  readonly logger: Logger;
}

const ULID = /^[0-9A-HJKMNP-TV-Z]{26}$/;
