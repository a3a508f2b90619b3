import { appendFile, mkdir, readFile, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import {
  CACHE_HEADER,
  fromCacheLine,
  toCacheLine,
  type CachedPrediction,
} from './cached-prediction.js';

type ReadAll = () => Iterable<CachedPrediction>;

/** A file above this was not written by a cache of any size that may be set. */
const MAX_FILE_BYTES = 256 * 1024 * 1024;

/**
 * Predictions on disk: one line each, appended behind one another and rewritten now and then under a
 * temporary name. A kill costs the lines that were not written yet; a line that was torn by it is left
 * out; a file that is damaged otherwise is refused as a whole. None of it is ever needed: what is missing
 * is computed again.
 */
export class PredictionFile {
  readonly #file: string;
  readonly #logger: Logger;
  #lines: string[] = [];
  /** Reads what is to take the place of the whole file, once that is wanted. */
  #replacement: ReadAll | undefined;
  #readAll: ReadAll | undefined;
  #writing: Promise<void> | undefined;
  #bytes = 0;
  /** After a failure the end of the file is unknown: the next prediction rewrites it. */
  #hasFailed = false;

  constructor(options: { readonly file: string; readonly logger: Logger }) {
    this.#file = options.file;
    this.#logger = options.logger;
  }

  get bytes(): number {
    return this.#bytes;
  }

  /** In the order in which they were written, later ones of the same candle after earlier ones. */
  async load(): Promise<readonly CachedPrediction[]> {
    try {
      const { size } = await stat(this.#file);
      if (size > MAX_FILE_BYTES) return this.#refuse(`${size} bytes`);
      return this.#parse(await readFile(this.#file, 'utf8'));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
      return this.#refuse(messageOf(error));
    }
  }

  append(entry: CachedPrediction): void {
    this.#lines.push(toCacheLine(entry));
    this.#wake();
  }

  /** Takes the place of everything written before; read when its turn has come. */
  rewrite(readAll: ReadAll): void {
    this.#readAll = readAll;
    this.#replacement = readAll;
    this.#wake();
  }

  /** Resolves once nothing is left to write. */
  async stop(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing;
  }

  #parse(text: string): readonly CachedPrediction[] {
    const lines = text.split('\n');
    // What follows the last line break is empty, or was being written when the process was killed.
    lines.pop();
    if (lines[0] !== CACHE_HEADER) return this.#refuse('it begins with something else');
    const entries: CachedPrediction[] = [];
    for (const [index, line] of lines.entries()) {
      if (index === 0) continue;
      const entry = fromCacheLine(line);
      if (entry === undefined) return this.#refuse(`line ${index + 1} is not as it was written`);
      entries.push(entry);
    }
    return entries;
  }

  #refuse(reason: string): readonly CachedPrediction[] {
    this.#logger.warn('The stored predictions are damaged and are made again', {
      file: this.#file,
      reason,
    });
    return [];
  }

  #wake(): void {
    this.#writing ??= this.#work().finally(() => (this.#writing = undefined));
  }

  async #work(): Promise<void> {
    while (this.#lines.length > 0 || this.#replacement !== undefined) {
      const lines = this.#lines;
      const readAll = this.#hasFailed ? this.#readAll : this.#replacement;
      this.#lines = [];
      this.#replacement = undefined;
      try {
        if (readAll === undefined) await this.#append(lines.join(''));
        else await this.#replace(readAll);
        this.#hasFailed = false;
      } catch (error) {
        this.#noteFailure(error);
      }
    }
  }

  async #append(text: string): Promise<void> {
    await appendFile(this.#file, text);
    this.#bytes += Buffer.byteLength(text);
  }

  async #replace(readAll: ReadAll): Promise<void> {
    await mkdir(path.dirname(this.#file), { recursive: true });
    const text = [`${CACHE_HEADER}\n`, ...[...readAll()].map(toCacheLine)].join('');
    await writeFile(`${this.#file}.new`, text);
    await rename(`${this.#file}.new`, this.#file);
    this.#bytes = Buffer.byteLength(text);
  }

  /** A full disk must not stop predictions, and is worth one line until it is mended. */
  #noteFailure(error: unknown): void {
    if (!this.#hasFailed) {
      this.#logger.warn('Predictions are kept in memory only', { file: this.#file, error });
    }
    this.#hasFailed = true;
  }
}
