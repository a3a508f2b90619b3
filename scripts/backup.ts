import path from 'node:path';
import { Command, InvalidArgumentError } from 'commander';
import type { Settings } from '../config/settings.js';
import { databaseLocation } from '../src/daemon/open-storage.js';
import { SystemClock } from '../src/lib/clock.js';
import { backupMysql } from '../src/backup/backup-mysql.js';
import { backupSqlite } from '../src/backup/backup-sqlite.js';
import { pruneBackups } from '../src/backup/backup-files.js';
import { runBackupCommand } from './backup-command.js';

const HELP = `
Backs up the database of the settings (SQLite, or MySQL with MYSQL_ENABLED=true) while the daemon works:
one moment of it, compressed, under its name only once it was opened and counted. Models are files: copy
MODELS_DIR beside it, or they are trained again.

Exit codes: 0 done, 1 no backup was made, and why, 2 wrong usage or settings.`;

interface BackupFlags {
  readonly to?: string;
  readonly keep: number;
  readonly json: boolean;
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value >= 1 && value <= 10_000) return value;
  throw new InvalidArgumentError('expected a whole number from 1 to 10000');
}

const program = new Command('npm run backup --')
  .description('Makes a verified backup of the database.')
  .option('--to <folder>', 'where backups lie (default: backups in DATA_DIR)')
  .option('--keep <n>', 'newest backups that stay; older ones are deleted', count, 7)
  .option('--json', 'what was done as JSON on standard output', false)
  .addHelpText('after', HELP);

async function backup(settings: Settings): Promise<string> {
  const flags = program.opts<BackupFlags>();
  const folder = path.resolve(flags.to ?? path.join(settings.dataDir, 'backups'));
  const location = databaseLocation(settings);
  const place = { folder, clock: new SystemClock(), pid: process.pid };
  const result =
    location.engine === 'sqlite'
      ? await backupSqlite(location.file, place)
      : await backupMysql(location, place);
  const { engine } = location;
  const deleted = pruneBackups(folder, { engine, keep: flags.keep });
  if (flags.json) return JSON.stringify({ ...result, engine, deleted });
  const size = `${(result.bytes / 1e6).toFixed(1)} MB, ${result.rows} rows`;
  const gone = deleted.length > 0 ? `; ${deleted.length} older ones deleted` : '';
  return `${result.path}: ${size}, ${result.verified}${gone}`;
}

process.exitCode = await runBackupCommand('backup', program, backup);
