import { hostname } from 'node:os';
import { SystemClock } from '../src/lib/clock.js';
import { DataDirLock } from '../src/coordination/data-dir-lock.js';
import { MysqlSource } from '../src/transfer/mysql-source.js';
import { SqliteTarget } from '../src/transfer/sqlite-target.js';
import { quietLogger } from './quiet-logger.js';
import { mysqlLocation, runTransfer, sqliteFile } from './transfer-command.js';

/** Held for as long as the copy runs. */
let lock: DataDirLock | undefined;

process.exitCode = await runTransfer(
  {
    name: 'migrate:sqlite',
    description: 'Copies all stored data from MySQL or MariaDB to SQLite, and verifies it.',
    fileFlag: ['--to <file>', 'the SQLite file (default: SQLITE_FILE, or the one in DATA_DIR)'],
    async open(settings, flags) {
      const clock = new SystemClock();
      const location = mysqlLocation(settings);
      // A daemon that works with the folder has its own view of the file: it is stopped first.
      if (!flags.dryRun) lock = holdFolder(settings.dataDir, clock);
      const source = await MysqlSource.open(location);
      try {
        const target = await SqliteTarget.open(sqliteFile(settings, flags.to), {
          clock,
          logger: quietLogger,
          isReadOnly: flags.dryRun,
        });
        return { source, target };
      } catch (error) {
        await source.close();
        throw error;
      }
    },
  },
  process.argv.slice(2),
);
lock?.stop();

function holdFolder(dataDir: string, clock: SystemClock): DataDirLock {
  const held = new DataDirLock(dataDir);
  held.acquire({
    pid: process.pid,
    host: hostname(),
    startedAt: new Date(clock.wallMs()).toISOString(),
  });
  return held;
}
