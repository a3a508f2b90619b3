import { SystemClock } from '../src/lib/clock.js';
import { forgetFallback } from '../src/coordination/choose-engine.js';
import { MysqlTarget } from '../src/transfer/mysql-target.js';
import { SourceWorkerClient } from '../src/transfer/source-worker-client.js';
import { quietLogger } from './quiet-logger.js';
import { mysqlLocation, runTransfer, sqliteFile } from './transfer-command.js';

process.exitCode = await runTransfer(
  {
    name: 'migrate:mysql',
    description: 'Copies all stored data from SQLite to MySQL or MariaDB, and verifies it.',
    fileFlag: ['--source <file>', 'the SQLite file (default: SQLITE_FILE, or the one in DATA_DIR)'],
    async open(settings, flags) {
      const location = mysqlLocation(settings);
      const clock = new SystemClock();
      const source = await SourceWorkerClient.open(sqliteFile(settings, flags.source), {
        clock,
        logger: quietLogger,
      });
      try {
        const target = await MysqlTarget.open(location, {
          clock,
          logger: quietLogger,
          batchRows: flags.batchSize,
          isReadOnly: flags.dryRun,
        });
        return { source, target };
      } catch (error) {
        await source.close();
        throw error;
      }
    },
    onWhole(settings, flags) {
      // Another file than the daemon's own is not what it collected while MySQL was away.
      if (flags.source === undefined) forgetFallback(settings.dataDir);
    },
  },
  process.argv.slice(2),
);
