import type { ModelKey } from '../../domain/model-key.js';
import { messageOf } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { spokenFor, type InstrumentOptions } from '../options/training-keys.js';

/** Makes predictions ahead of requests and keeps them in the cache. */
export interface PredictionPregeneration {
  /**
   * @param options.ttlHours how long the predictions may be served
   * @throws when not all of them could be made
   */
  pregenerate(keys: readonly ModelKey[], options: { readonly ttlHours: number }): Promise<void>;
}

/** For a daemon without a prediction cache. */
export const NO_PREGENERATION: PredictionPregeneration = {
  pregenerate: () => Promise.resolve(),
};

/**
 * Makes the predictions of the models' instruments and returns whether it succeeded. A failure is logged: training
 * does not depend on the cache.
 */
export async function pregenerate(
  context: {
    readonly pregeneration: PredictionPregeneration;
    readonly options: InstrumentOptions;
    readonly logger: Logger;
  },
  models: readonly ModelKey[],
  ttlHours: number,
): Promise<boolean> {
  const keys = models.map(({ venue, symbol, timeframe, bot }) => ({
    venue,
    symbol,
    timeframe,
    bot,
  }));
  try {
    await context.pregeneration.pregenerate(spokenFor(keys, context.options), { ttlHours });
    return true;
  } catch (error) {
    context.logger.warn(`[TRAIN] Predictions could not be made ahead: ${messageOf(error)}`);
    return false;
  }
}
