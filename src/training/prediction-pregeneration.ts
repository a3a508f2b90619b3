import type { ModelKey } from '../domain/model-key.js';

/** Makes predictions before anybody asks for them, and keeps them for a while. */
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
