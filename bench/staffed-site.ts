import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { MysqlLocation } from '../src/storage/connection/location.js';
import type { RedisPlace } from '../src/training/remote/redis-place.js';
import { dropDatabase, mysqlLocation } from '../test/mysql-server.js';
import { dropNames, redisPlace } from '../test/redis-server.js';
import { PROGRAM_VERSION as version } from '../test/training/worker-process.js';
import type { Markets } from './markets.js';
import { openTrainingSite, type TrainingSite } from './training-site.js';
import { WatchedWorker } from './watched-worker.js';

/** A folder and a database of MySQL for workers, and what they train on. */
export interface StaffedBench {
  readonly folder: string;
  readonly location: MysqlLocation;
  readonly markets: Markets;
}

/** A daemon's training with processes of `npm run worker`. */
export interface StaffedSite {
  readonly site: TrainingSite;
  readonly place: RedisPlace;
  readonly all: readonly WatchedWorker[];
}

/** Both are removed afterwards. */
export async function inBenchDatabase<T>(
  markets: Markets,
  measure: (bench: StaffedBench) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-bench-'));
  const location = mysqlLocation();
  try {
    return await measure({ folder, location, markets });
  } finally {
    await dropDatabase(location);
    rmSync(folder, { recursive: true, force: true });
  }
}

export async function withWorkers<T>(
  { folder, location, markets }: StaffedBench,
  { count }: { readonly count: number },
  use: (staffed: StaffedSite) => Promise<T>,
): Promise<T> {
  const place = redisPlace();
  const site = await openTrainingSite(markets, { folder, location, remote: { place, version } });
  const all: WatchedWorker[] = [];
  try {
    const { modelsDir } = site.options;
    for (let number = 1; number <= count; number++) {
      const dataDir = path.join(folder, `worker-${number}`);
      all.push(await WatchedWorker.start({ location, place, modelsDir, dataDir }));
    }
    return await use({ site, place, all });
  } finally {
    await Promise.all(all.map((worker) => worker.stop()));
    await site.close();
    await dropNames(place);
  }
}
