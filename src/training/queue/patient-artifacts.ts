import type { Clock } from '../../lib/clock.js';
import { ConfigError, messageOf, TransientError } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import type { ArtifactFolder, ModelArtifacts } from '../../models/model-artifacts.js';

/** An outage that lasts longer fails the job, which is trained again after its cooldown. */
const PATIENCE_MS = 1_800_000;
const PAUSE_MS = 5_000;

export interface Patience {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends the wait: the job was cancelled, or the process stops. */
  readonly signal: AbortSignal;
}

/** As the given ones, but a store that is away, full or refuses is waited for: minutes of training hang on it. */
export function patiently(artifacts: ModelArtifacts, patience: Patience): ModelArtifacts {
  return {
    isStore: artifacts.isStore,
    publish: (folder: ArtifactFolder) =>
      keepTrying(() => artifacts.publish(folder, patience.signal), patience),
    fetch: (folder: ArtifactFolder) => keepTrying(() => artifacts.fetch(folder), patience),
  };
}

/** @throws TransientError once the patience is over */
async function keepTrying(
  work: () => Promise<void>,
  { clock, logger, signal }: Patience,
): Promise<void> {
  const begunAt = clock.wallMs();
  for (let isFirst = true; ; isFirst = false) {
    try {
      await work();
      return;
    } catch (error) {
      const isWorthAWait = error instanceof TransientError || error instanceof ConfigError;
      if (!isWorthAWait || signal.aborted) throw error;
      const reason = messageOf(error);
      if (clock.wallMs() - begunAt >= PATIENCE_MS) {
        const minutes = Math.round(PATIENCE_MS / 60_000);
        throw new TransientError(`${reason}; waited for ${minutes} minutes`, { cause: error });
      }
      if (isFirst) logger.warn(`[TRAIN] The artifact store is waited for: ${reason}`);
    }
    await clock.sleep(PAUSE_MS, signal);
  }
}
