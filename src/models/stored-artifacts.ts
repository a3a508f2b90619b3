import { constants } from 'node:fs';
import { mkdir, open, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { contentName } from '../artifacts/content-name.js';
import type { WatchedArtifacts } from '../artifacts/watched-artifacts.js';
import type { Clock } from '../lib/clock.js';
import { messageOf, RejectedError, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { newUid } from '../lib/uid.js';
import type { Stores } from '../storage/stores.js';
import type { ArtifactFolder, ModelArtifacts } from './model-artifacts.js';
import { parseManifest } from './model-manifest.js';
import { readVerifiedFile } from './verified-file.js';

const MANIFEST_FILE = 'manifest.json';
const MAX_MANIFEST_BYTES = 4_000_000;
/** A store that has just failed is not asked again for each model: predictions would wait for each answer. */
const REST_MS = 20_000;

export interface StoredArtifactsOptions {
  readonly store: WatchedArtifacts;
  readonly ledger: Pick<Stores['artifacts'], 'register'>;
  /** Of this host. */
  readonly modelsDir: string;
  /** Largest file of a model. */
  readonly maxFileBytes: number;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A file and where its content belongs. */
interface Named {
  readonly name: string;
  readonly sha256: string;
  readonly bytes: number;
}

/** Folders of models in an artifact store, each file under the sha256 of its content. */
export class StoredArtifacts implements ModelArtifacts {
  readonly isStore = true;
  readonly #options: StoredArtifactsOptions;
  /** Folders that are being fetched. */
  readonly #fetching = new Map<string, Promise<void>>();

  constructor(options: StoredArtifactsOptions) {
    this.#options = options;
  }

  async publish(folder: ArtifactFolder, signal?: AbortSignal): Promise<void> {
    const { store, ledger, maxFileBytes } = this.#options;
    const place = this.#placeOf(folder);
    const manifest = await readManifest(place, folder);
    const files = filesOf(manifest);
    // First, so that nothing lies in the store that nobody knows.
    await ledger.register(folder.manifestSha256, [
      folder.manifestSha256,
      ...files.map(({ sha256 }) => sha256),
    ]);
    for (const file of files) {
      const reference = { ...file, path: path.join(place, file.name) };
      await store.put(await readVerifiedFile(reference, maxFileBytes), signal);
    }
    // Last: whoever finds the manifest finds what it names.
    await store.put(manifest, signal);
  }

  fetch(folder: ArtifactFolder): Promise<void> {
    const known = this.#fetching.get(folder.modelPath);
    if (known !== undefined) return known;
    const fetching = this.#fetch(folder).finally(() => this.#fetching.delete(folder.modelPath));
    this.#fetching.set(folder.modelPath, fetching);
    return fetching;
  }

  /** Leaves a mark by which other processes tell that they use the same store. @throws as `publish` */
  async mark(mark: string): Promise<void> {
    await this.#options.store.put(markOf(mark));
  }

  /** Whether whoever has this mark left it in this store; `mark` of nobody asks only whether the store answers. */
  isMarked(mark: string): Promise<boolean> {
    return this.#options.store.has(contentName(markOf(mark)));
  }

  /** For people: which store it is. */
  get place(): string {
    return this.#options.store.place;
  }

  async #fetch(folder: ArtifactFolder): Promise<void> {
    const { clock, logger, store, maxFileBytes } = this.#options;
    const place = this.#placeOf(folder);
    if (await isComplete(place, folder, maxFileBytes)) return;
    this.#assertRested();
    const unfinished = `${place}.tmp-fetch-${newUid(clock.wallMs())}`;
    try {
      await mkdir(unfinished, { recursive: true });
      const manifest = await store.get(folder.manifestSha256, MAX_MANIFEST_BYTES);
      for (const { name, sha256, bytes } of filesOf(manifest)) {
        this.#assertFits(name, bytes);
        await writeSynced(path.join(unfinished, name), await store.get(sha256, bytes));
      }
      await writeSynced(path.join(unfinished, MANIFEST_FILE), manifest);
      await syncFolder(unfinished);
      await this.#put(unfinished, place);
    } finally {
      await rm(unfinished, { recursive: true, force: true });
    }
    logger.info('Fetched a model from the artifact store', { folder: folder.modelPath });
  }

  /** What lies there is not the model: it makes room. */
  async #put(unfinished: string, place: string): Promise<void> {
    const damaged = `${place}.tmp-damaged-${newUid(this.#options.clock.wallMs())}`;
    await rename(place, damaged).catch((error: unknown) => {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    });
    await rename(unfinished, place);
    await syncFolder(path.dirname(place));
    await rm(damaged, { recursive: true, force: true });
  }

  #assertRested(): void {
    const { trouble } = this.#options.store;
    if (trouble === undefined) return;
    const restedMs = this.#options.clock.wallMs() - trouble.lastAt;
    if (restedMs >= 0 && restedMs < REST_MS) throw new TransientError(trouble.reason);
  }

  #assertFits(name: string, bytes: number): void {
    const { maxFileBytes } = this.#options;
    if (bytes <= maxFileBytes) return;
    throw new RejectedError(`${name} has ${bytes} bytes, at most ${maxFileBytes} are fetched`);
  }

  /** @throws RejectedError for a folder outside the models' folder */
  #placeOf({ modelPath }: ArtifactFolder): string {
    const root = path.resolve(this.#options.modelsDir);
    const place = path.resolve(root, modelPath);
    if (place.startsWith(root + path.sep)) return place;
    throw new RejectedError(`Model folder ${modelPath} does not lie below the models' folder`);
  }
}

function markOf(mark: string): Buffer {
  return Buffer.from(`evenkeel ${mark}\n`);
}

async function isComplete(
  place: string,
  folder: ArtifactFolder,
  maxFileBytes: number,
): Promise<boolean> {
  try {
    const manifest = await readManifest(place, folder);
    for (const file of filesOf(manifest)) {
      await readVerifiedFile({ ...file, path: path.join(place, file.name) }, maxFileBytes);
    }
    return true;
  } catch (error) {
    if (error instanceof RejectedError) return false;
    throw error;
  }
}

function readManifest(place: string, { manifestSha256: sha256 }: ArtifactFolder): Promise<Buffer> {
  const file = path.join(place, MANIFEST_FILE);
  return readVerifiedFile({ path: file, sha256, bytes: undefined }, MAX_MANIFEST_BYTES);
}

/** @throws RejectedError for a manifest that names files by anything but plain names and hashes */
function filesOf(manifest: Buffer): readonly Named[] {
  try {
    const { files } = parseManifest(manifest.toString('utf8'));
    return Object.entries(files).map(([name, { sha256, bytes }]) => ({ name, sha256, bytes }));
  } catch (error) {
    throw new RejectedError(`${MANIFEST_FILE} is malformed: ${messageOf(error)}`, { cause: error });
  }
}

async function writeSynced(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'wx');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** A rename is durable once its folder is synced. */
async function syncFolder(folder: string): Promise<void> {
  const handle = await open(folder, constants.O_RDONLY);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
