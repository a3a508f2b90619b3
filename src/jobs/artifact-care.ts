import type { WatchedArtifacts } from '../artifacts/watched-artifacts.js';
import type { Clock } from '../lib/clock.js';
import { ConfigError, messageOf, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { ARTIFACT_GRACE_MS, sweepCopies, sweepStore } from '../models/artifact-sweep.js';
import type { StoredArtifacts } from '../models/stored-artifacts.js';
import type { Stores } from '../storage/stores.js';
import { EVERY_HOUR } from './alarm.js';
import type { Job } from './repeat.js';

/** So soon health knows of a store that does not answer, and that it answers again. */
const PROBE_MS = 15_000;

export interface ArtifactCareOptions {
  readonly store: WatchedArtifacts;
  readonly models: StoredArtifacts;
  readonly modelsDir: string;
  readonly stores: Stores;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Whether the store answers, and what of it and of this host's copies nobody needs any more. */
export function artifactCare(options: ArtifactCareOptions): readonly Job[] {
  const { store, logger } = options;
  const fail = failureLog(logger, store.place);
  return [
    {
      name: 'artifact store',
      intervalMs: PROBE_MS,
      run: () => untilTrouble(() => options.models.isMarked(''), fail),
    },
    {
      name: 'artifact sweep',
      alarm: EVERY_HOUR,
      run: () => untilTrouble(() => sweep(options), fail),
    },
  ];
}

async function sweep({
  store,
  stores,
  modelsDir,
  clock,
  logger,
}: ArtifactCareOptions): Promise<void> {
  const graceMs = ARTIFACT_GRACE_MS;
  const changedBefore = clock.wallMs() - graceMs;
  await sweepCopies({ modelsDir, stores, changedBefore, logger });
  await sweepStore({ store, ledger: stores.artifacts, graceMs, logger });
}

type Fail = (reason: string | undefined) => void;

/** A store that is away is a finding of its own in health, and no failure of the job. */
async function untilTrouble(work: () => Promise<unknown>, fail: Fail): Promise<void> {
  try {
    await work();
    fail(undefined);
  } catch (error) {
    if (!(error instanceof TransientError || error instanceof ConfigError)) throw error;
    fail(messageOf(error));
  }
}

/** Logs the beginning and the end of an outage. */
function failureLog(logger: Logger, place: string): Fail {
  let last: string | undefined;
  return (reason) => {
    if (reason !== undefined && reason !== last) {
      logger.warn(`${reason}; new models are not fetched meanwhile, predictions go on`);
    }
    if (reason === undefined && last !== undefined) logger.info(`The ${place} answers again`);
    last = reason;
  };
}
