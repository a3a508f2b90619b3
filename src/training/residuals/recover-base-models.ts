import type { Logger } from '../../lib/logger.js';
import type { Stores } from '../../storage/stores.js';
import { removeAttempts } from './base-model-files.js';

/** Ends fits of base models that no job will take up again, and removes what they left. */
export async function recoverBaseModels(context: {
  readonly stores: Stores;
  readonly options: { readonly venue: string; readonly modelsDir: string };
  readonly logger: Logger;
}): Promise<void> {
  const { stores, options, logger } = context;
  for (const baseModel of await stores.baseModels.listFitting(options.venue)) {
    await removeAttempts(baseModel, options.modelsDir);
    const { sessionUid, venue, timeframe, bot } = baseModel;
    const waiting = { venue, sessionUid, timeframe, bot, status: 'pending' } as const;
    const { total } = await stores.jobs.list(waiting, { limit: 1, offset: 0 });
    if (total > 0) continue;
    const reason = 'its session ended before it was fitted';
    await stores.baseModels.change(baseModel, { status: 'failed', reason });
    logger.info(`[TRAIN] Base model given up: ${reason}`, { baseModel: baseModel.uid });
  }
}
