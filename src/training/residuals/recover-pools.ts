import type { Logger } from '../../lib/logger.js';
import type { Stores } from '../../storage/stores.js';
import { removeAttempts } from './pool-files.js';

/** Ends pooled fits that no job will take up again, and removes what they left. */
export async function recoverPools(context: {
  readonly stores: Stores;
  readonly options: { readonly venue: string; readonly modelsDir: string };
  readonly logger: Logger;
}): Promise<void> {
  const { stores, options, logger } = context;
  for (const pool of await stores.pools.listFitting(options.venue)) {
    await removeAttempts(pool, options.modelsDir);
    const { sessionUid, venue, timeframe, bot } = pool;
    const waiting = { venue, sessionUid, timeframe, bot, status: 'pending' } as const;
    const { total } = await stores.jobs.list(waiting, { limit: 1, offset: 0 });
    if (total > 0) continue;
    const reason = 'its session ended before it was fitted';
    await stores.pools.change(pool, { status: 'failed', reason });
    logger.info(`[TRAIN] Pooled model given up: ${reason}`, { pool: pool.uid });
  }
}
