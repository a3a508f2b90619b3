import type { Settings } from '../../../config/settings.js';
import type { BacktestAsk } from '../../domain/backtest-run.js';
import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import { newUid } from '../../lib/uid.js';
import type { DatabaseLocation } from '../../storage/connection/location.js';
import type { BacktestStore } from '../../storage/stores/backtest-store.js';
import { openStores } from '../../storage/stores.js';
import { findPlace } from '../find-place.js';
import { openStorage } from '../open-storage.js';
import { lockBacktests } from './backtest-lock.js';
import { RunRecord } from './run-record.js';

/** What runs of the command are made and recorded with. */
export interface OpenRuns {
  readonly store: BacktestStore;
  readonly location: DatabaseLocation;
  /** The record of another run. */
  readonly newRecord: (ask: BacktestAsk) => RunRecord;
}

export interface RunsTools {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly version: string;
  readonly signal: AbortSignal;
}

/**
 * Keeps other backtests out of the data folder and has the database open while `work` goes on.
 *
 * @throws AlreadyRunningError naming the process that runs one
 * @throws ConfigError, TransientError of the database
 */
export async function withOpenRuns<T>(
  settings: Settings,
  tools: RunsTools,
  work: (runs: OpenRuns) => Promise<T>,
): Promise<T> {
  const { clock, version } = tools;
  const lock = lockBacktests(settings.dataDir, clock.wallMs());
  try {
    const { database } = await openStorage(settings, tools);
    try {
      const store = openStores(database, clock).backtests;
      const place = findPlace(settings.dataDir, tools);
      await store.markInterrupted(place);
      const newRecord = (ask: BacktestAsk): RunRecord => {
        const uid = newUid(clock.wallMs());
        return new RunRecord({ store, clock, uid, ask, version, place, origin: 'command' });
      };
      return await work({ store, location: database.location, newRecord });
    } finally {
      await database.close();
    }
  } finally {
    lock.stop();
  }
}
