import { SILENT_LOGGER } from '../../lib/silent-logger.js';
import path from 'node:path';
import type { Settings } from '../../../config/settings.js';
import type { BacktestAsk } from '../../domain/backtest-run.js';
import type { ChildEnvironments } from '../../lib/child-environments.js';
import { SystemClock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import { serveParent } from '../../lib/workers/worker.js';
import type { DatabaseLocation } from '../../storage/connection/location.js';
import { openDatabase } from '../../storage/database/database.js';
import { openStores } from '../../storage/stores.js';
import { backtestsFolder, lockBacktests } from './backtest-lock.js';
import { RunRecord } from './run-record.js';
import { runRequest } from './run-request.js';

/** A run that the daemon has recorded and wants done. */
export interface BacktestJob {
  readonly uid: string;
  readonly ask: BacktestAsk;
  /** With what `ask.set` changes. */
  readonly settings: Settings;
  readonly location: DatabaseLocation;
  readonly venue: string;
  readonly version: string;
  readonly place: string;
  /** Of the processes that train: this one's own environment is not the daemon's. */
  readonly childEnvironments: ChildEnvironments;
}

export type BacktestJobAnswer =
  { readonly status: 'ended' } | { readonly status: 'failed'; readonly reason: string };

/** The daemon ends this process to cancel a run; a run that ends by itself stores its end. */
serveParent(async (request) => {
  try {
    await run(request as BacktestJob);
    return { status: 'ended' } satisfies BacktestJobAnswer;
  } catch (error) {
    return { status: 'failed', reason: messageOf(error) } satisfies BacktestJobAnswer;
  }
});

async function run({ location, settings, ask, ...job }: BacktestJob): Promise<void> {
  const clock = new SystemClock();
  const lock = lockBacktests(settings.dataDir, clock.wallMs());
  const database = await openDatabase(location, { clock, logger: SILENT_LOGGER, mayCreate: false });
  try {
    const store = openStores(database, clock).backtests;
    const record = new RunRecord({ ...job, store, clock, ask, origin: 'job' });
    await runRequest(ask, {
      settings,
      location,
      venue: job.venue,
      parent: path.resolve(backtestsFolder(settings.dataDir)),
      record,
      version: job.version,
      clock,
      signal: new AbortController().signal,
      childEnvironments: job.childEnvironments,
      onProgress: (share) => record.noteProgress(share),
    });
  } finally {
    await database.close();
    lock.stop();
  }
}
