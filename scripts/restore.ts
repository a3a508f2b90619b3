import { hostname } from 'node:os';
import { Command } from 'commander';
import type { Settings } from '../config/settings.js';
import { databaseLocation } from '../src/daemon/open-storage.js';
import { ConfigError } from '../src/lib/errors.js';
import { SystemClock } from '../src/lib/clock.js';
import { findBackupEngine } from '../src/backup/backup-files.js';
import { restoreMysql } from '../src/backup/restore-mysql.js';
import { restoreSqlite, type RestoreResult } from '../src/backup/restore-sqlite.js';
import { DataDirLock } from '../src/coordination/data-dir-lock.js';
import { runBackupCommand } from './backup-command.js';

const HELP = `
Puts a backup in the place of the database of the settings. The daemon must be stopped. The backup is
unpacked and read through first; then it takes the place in one step, so that a kill leaves the old
database or the new one. A database that is there is kept under another name.

Exit codes: 0 done, 1 nothing was restored, and why, 2 wrong usage or settings.`;

const program = new Command('npm run restore --')
  .description('Restores the database from a backup.')
  .argument('<file>', 'a backup that npm run backup made')
  .option('--force', 'replace a database that is there; it is kept beside', false)
  .addHelpText('after', HELP);

async function restore(settings: Settings): Promise<string> {
  const [file = ''] = program.args;
  const location = databaseLocation(settings);
  const engine = findBackupEngine(file);
  if (engine !== location.engine) {
    throw new ConfigError(
      `${file} is ${engine === undefined ? 'no backup' : `a backup of ${engine}`}, and the settings say ${location.engine}: see MYSQL_ENABLED`,
    );
  }
  const clock = new SystemClock();
  const lock = new DataDirLock(settings.dataDir);
  lock.acquire({
    pid: process.pid,
    host: hostname(),
    startedAt: new Date(clock.wallMs()).toISOString(),
  });
  try {
    const options = { clock, pid: process.pid, isForced: program.opts<{ force: boolean }>().force };
    const result =
      location.engine === 'sqlite'
        ? await restoreSqlite(file, location.file, options)
        : await restoreMysql(file, location, options);
    return resultText(result);
  } finally {
    lock.stop();
  }
}

function resultText({ path, rows, kept }: RestoreResult): string {
  const old = kept === undefined ? '' : `; what was there is kept as ${kept}`;
  return `Restored ${path}: ${rows} rows${old}`;
}

process.exitCode = await runBackupCommand('restore', program, restore);
