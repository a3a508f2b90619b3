import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import path from 'node:path';
import { SystemClock } from '../src/lib/clock.js';
import { openDatabase } from '../src/storage/database/database.js';
import { openStores, type Stores } from '../src/storage/stores.js';
import type { Site } from './daemon-child.js';

/** Runs `use` with the stores of a site's database, which its daemon may be using as well. */
export async function withStores<T>(
  { dataDir }: Site,
  use: (stores: Stores) => Promise<T>,
): Promise<T> {
  const clock = new SystemClock();
  const location = { engine: 'sqlite', file: path.join(dataDir, 'evenkeel.sqlite') } as const;
  const database = await openDatabase(location, { clock, logger: SILENT_LOGGER });
  try {
    return await use(openStores(database, clock));
  } finally {
    await database.close();
  }
}
