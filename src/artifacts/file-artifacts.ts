import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { ConfigError, messageOf, RejectedError, TransientError } from '../lib/errors.js';
import type { ArtifactStore } from './artifact-store.js';
import { assertContent, assertName, contentName, missing, tooLarge } from './content-name.js';

/** A kill leaves a file of such a name; the next `put` or `remove` of the same content takes it away. */
const UNFINISHED = '.unfinished-';
const FULL = new Set(['ENOSPC', 'EDQUOT', 'EFBIG']);
const REFUSED = new Set(['EACCES', 'EPERM', 'EROFS']);

/** Files of models in a folder that every process sees, on a network file system where they are on several hosts. */
export class FileArtifacts implements ArtifactStore {
  readonly place: string;
  readonly #root: string;

  /** @param root made by a person: a share that is not mounted must not look like an empty store */
  constructor(root: string) {
    this.#root = root;
    this.place = `ARTIFACTS_DIR (${root})`;
  }

  async put(bytes: Buffer): Promise<string> {
    const sha256 = contentName(bytes);
    await this.#do(async () => {
      if (await this.#isIntact(sha256, bytes.length)) return;
      await mkdir(path.dirname(this.#fileOf(sha256)), { recursive: true });
      const unfinished = `${this.#fileOf(sha256)}${UNFINISHED}${randomUUID()}`;
      await writeSynced(unfinished, bytes);
      await rename(unfinished, this.#fileOf(sha256)).catch((error: unknown) => {
        // Another writer of the same bytes has finished, and took this one away.
        if (codeOf(error) !== 'ENOENT') throw error;
      });
      await this.#removeUnfinished(sha256);
    });
    await this.get(sha256, bytes.length);
    return sha256;
  }

  async get(sha256: string, maxBytes: number): Promise<Buffer> {
    assertName(sha256);
    const bytes = await this.#do(() => this.#read(sha256, maxBytes));
    assertContent(bytes, sha256, this.place);
    return bytes;
  }

  async has(sha256: string): Promise<boolean> {
    assertName(sha256);
    return this.#do(() =>
      stat(this.#fileOf(sha256)).then(
        (found) => found.isFile(),
        (error: unknown) => {
          if (codeOf(error) === 'ENOENT') return false;
          throw error;
        },
      ),
    );
  }

  async remove(sha256: string): Promise<void> {
    assertName(sha256);
    await this.#do(async () => {
      await rm(this.#fileOf(sha256), { force: true });
      await this.#removeUnfinished(sha256);
    });
  }

  close(): void {
    return;
  }

  #fileOf(sha256: string): string {
    return path.join(this.#root, sha256.slice(0, 2), sha256);
  }

  async #isIntact(sha256: string, maxBytes: number): Promise<boolean> {
    try {
      return contentName(await this.#read(sha256, maxBytes)) === sha256;
    } catch (error) {
      if (error instanceof RejectedError) return false;
      throw error;
    }
  }

  async #read(sha256: string, maxBytes: number): Promise<Buffer> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(this.#fileOf(sha256), 'r');
      const { size } = await handle.stat();
      if (size > maxBytes) throw tooLarge(sha256, this.place, maxBytes);
      return await handle.readFile();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') throw missing(sha256, this.place);
      throw error;
    } finally {
      await handle?.close();
    }
  }

  async #removeUnfinished(sha256: string): Promise<void> {
    const folder = path.dirname(this.#fileOf(sha256));
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((one) => one.startsWith(`${sha256}${UNFINISHED}`))) {
      await rm(path.join(folder, name), { force: true });
    }
  }

  /** Tells errors of the folder apart by what a person has to do about them. */
  async #do<T>(work: () => Promise<T>): Promise<T> {
    try {
      const root = await stat(this.#root);
      if (!root.isDirectory()) throw new TransientError(`${this.place} is no folder`);
      return await work();
    } catch (error) {
      const code = codeOf(error) ?? '';
      const message = `${this.place}: ${messageOf(error)}`;
      if (code === '') throw error;
      if (REFUSED.has(code)) {
        throw new ConfigError(`${message}; let this user write there`, { cause: error });
      }
      const what = FULL.has(code) ? `${this.place} is full` : message;
      throw new TransientError(what, { cause: error });
    }
  }
}

function codeOf(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException).code;
}

async function writeSynced(file: string, bytes: Buffer): Promise<void> {
  const handle = await open(file, 'w');
  try {
    await handle.writeFile(bytes);
    await handle.sync();
  } finally {
    await handle.close();
  }
}
