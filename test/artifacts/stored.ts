import { openArtifacts } from '../../src/artifacts/open-artifacts.js';
import type { S3Limits, S3Place } from '../../src/artifacts/s3-artifacts.js';
import { WatchedArtifacts } from '../../src/artifacts/watched-artifacts.js';
import { SystemClock, type Clock } from '../../src/lib/clock.js';
import type { Logger } from '../../src/lib/logger.js';
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { StoredArtifacts } from '../../src/models/stored-artifacts.js';
import type { Stores } from '../../src/storage/stores.js';

/** A busy machine takes its time; a store that is away answers at once that it is. */
const QUICK: S3Limits = { connectMs: 3_000, requestMs: 10_000, attempts: 2 };

export interface Host {
  readonly store: WatchedArtifacts;
  readonly stored: StoredArtifacts;
}

/** A host's side of a store in S3, with a models' folder of its own. */
export function hostOf(
  place: S3Place,
  {
    stores,
    modelsDir,
    limits = QUICK,
    logger = SILENT_LOGGER,
    clock = new SystemClock(),
  }: {
    readonly stores: Pick<Stores, 'artifacts'>;
    readonly modelsDir: string;
    readonly limits?: S3Limits;
    readonly logger?: Logger;
    readonly clock?: Clock;
  },
): Host {
  const store = new WatchedArtifacts(openArtifacts({ kind: 's3', ...place }, limits), clock);
  const ledger = stores.artifacts;
  const maxFileBytes = 20_000_000;
  const stored = new StoredArtifacts({ store, ledger, modelsDir, maxFileBytes, clock, logger });
  return { store, stored };
}
