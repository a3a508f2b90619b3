import { randomBytes } from 'node:crypto';
import type { Settings } from '../config/settings.js';
import type { ArtifactStore } from '../src/artifacts/artifact-store.js';
import { openArtifacts } from '../src/artifacts/open-artifacts.js';
import { S3Artifacts } from '../src/artifacts/s3-artifacts.js';
import { artifactPlace } from '../src/daemon/create-artifacts.js';
import { messageOf } from '../src/lib/errors.js';
import type { Finding } from './doctor-finding.js';

const PROBE_BYTES = 64;

/** Whether the artifact store can be written, read and cleaned up; nothing where there is none. */
export async function checkArtifacts(settings: Settings): Promise<readonly Finding[]> {
  const place = artifactPlace(settings);
  if (place === undefined) return [];
  const store = openArtifacts(place);
  const name = 'artifacts';
  try {
    await tryOut(store);
    if (store instanceof S3Artifacts && !(await store.isConditional())) {
      const message = `${store.place} works, but overwrites what is there (If-None-Match is ignored)`;
      return [
        { name, status: 'warning', message, fix: 'use a server that knows conditional puts' },
      ];
    }
    return [{ name, status: 'ok', message: `${store.place}: written, read and removed` }];
  } catch (error) {
    const fix =
      place.kind === 's3'
        ? 'check the S3_ settings, and that the server runs; docs/scaling.md has more'
        : 'make the folder ARTIFACTS_DIR, or mount it';
    return [{ name, status: 'failed', message: messageOf(error), fix }];
  } finally {
    store.close();
  }
}

async function tryOut(store: ArtifactStore): Promise<void> {
  const bytes = randomBytes(PROBE_BYTES);
  const sha256 = await store.put(bytes);
  try {
    await store.get(sha256, PROBE_BYTES);
  } finally {
    await store.remove(sha256);
  }
  if (await store.has(sha256)) throw new Error(`${store.place} does not remove what it is told to`);
}
