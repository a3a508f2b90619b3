import path from 'node:path';
import type { Settings } from '../../config/settings.js';
import { openArtifacts, type ArtifactPlace } from '../artifacts/open-artifacts.js';
import { WatchedArtifacts } from '../artifacts/watched-artifacts.js';
import type { Clock } from '../lib/clock.js';
import type { DisposalStack } from '../lib/disposal.js';
import type { Logger } from '../lib/logger.js';
import { StoredArtifacts } from '../models/stored-artifacts.js';
import type { Stores } from '../storage/stores.js';
import { trainingFolders } from './to-training-options.js';

const BYTES_PER_MB = 1024 * 1024;

/** The artifact store, and the folders of models in it. */
export interface SharedArtifacts {
  readonly store: WatchedArtifacts;
  readonly models: StoredArtifacts;
}

/** Where the settings want files of models to lie; undefined where the models' folder is all there is. */
export function artifactPlace(settings: Settings): ArtifactPlace | undefined {
  const { artifacts, artifactsDir, s3Endpoint, s3Bucket, s3Region, s3Prefix } = settings;
  const { s3AccessKeyId, s3SecretAccessKey } = settings;
  if (artifacts === 'file') {
    return artifactsDir === undefined
      ? undefined
      : { kind: 'file', folder: path.resolve(artifactsDir) };
  }
  // The settings were read together: with S3 all of these are given.
  return {
    kind: 's3',
    endpoint: s3Endpoint ?? '',
    bucket: s3Bucket ?? '',
    region: s3Region,
    prefix: s3Prefix,
    accessKeyId: s3AccessKeyId ?? '',
    secretAccessKey: s3SecretAccessKey ?? '',
  };
}

/** Asks the store nothing yet: a daemon begins, and serves what it has here, while the store is away. */
export function createArtifacts(
  settings: Settings,
  tools: {
    readonly stores: Stores;
    readonly clock: Clock;
    readonly logger: Logger;
    readonly stack: DisposalStack;
  },
): SharedArtifacts | undefined {
  const { stores, clock, logger, stack } = tools;
  const place = artifactPlace(settings);
  if (place === undefined) return undefined;
  const store = new WatchedArtifacts(openArtifacts(place), clock);
  stack.defer('artifact store', () => store.close());
  const models = new StoredArtifacts({
    store,
    ledger: stores.artifacts,
    modelsDir: trainingFolders(settings).modelsDir,
    maxFileBytes: settings.maxModelMb * BYTES_PER_MB,
    clock,
    logger,
  });
  return { store, models };
}
