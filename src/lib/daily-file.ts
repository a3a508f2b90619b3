import { readdirSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import type { Logform } from 'winston';
import DailyRotateFile from 'winston-daily-rotate-file';
import Transport from 'winston-transport';

const KEPT_DAYS = '14d';
/** A file that reaches this is followed by another one of the same day. */
const MAX_FILE_BYTES = 50 * 1024 * 1024;
/** Above this the oldest files go, however young they are. */
const MAX_FOLDER_BYTES = 500 * 1024 * 1024;
const DEFAULT_RETRY_MS = 60_000;
/** Full files whose end is waited for. */
const KEPT_ENDINGS = 3;
/** Once a file has stayed open this many retries long, the next failure is reported as a new one. */
const RETRIES_UNTIL_CALM = 10;

export interface DailyFileOptions {
  readonly folder: string;
  readonly format: Logform.Format;
  /** Wall time after a failure until the file is tried again. */
  readonly retryMs?: number | undefined;
  /** For tests. */
  readonly limits?: { readonly fileBytes: number; readonly folderBytes: number } | undefined;
  /** Called with the reason when lines begin to be lost. */
  readonly onLost: (reason: string) => void;
}

/**
 * JSON lines in files by day and size. A full disk or a folder that is gone costs lines of the file, never the
 * process: a stream that failed is given up, and another is opened later. The rotation itself hears no error
 * of its stream, which would end the process, and a stream of Node takes nothing more after one.
 */
export class DailyFile extends Transport {
  readonly #options: DailyFileOptions;
  readonly #retryMs: number;
  #file: DailyRotateFile | undefined;
  #retryAtMs = 0;
  #openedAtMs = 0;
  #isLosing = false;
  /** Of the files of one day, from 1; undefined until the first is opened. */
  #part: number | undefined;
  #writtenBytes = 0;
  /** Full files, until all of their lines are written. */
  readonly #closing: Promise<void>[] = [];

  constructor(options: DailyFileOptions) {
    super({ format: options.format });
    this.#options = options;
    this.#retryMs = options.retryMs ?? DEFAULT_RETRY_MS;
  }

  override log(info: unknown, next: () => void): void {
    this.#turnPage();
    this.#open()?.log?.(info, () => undefined);
    this.#writtenBytes += sizeOf(info);
    next();
  }

  /** Resolves once what was taken is in the file. */
  async flush(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#retryAtMs = Infinity;
    await Promise.all([...this.#closing, ...(file === undefined ? [] : [closed(file)])]);
  }

  /** The library's own rotation by size loses lines: the full file is closed once all of it is written. */
  #turnPage(): void {
    if (this.#file === undefined || this.#writtenBytes < this.#limits.fileBytes) return;
    this.#closing.push(closed(this.#file));
    if (this.#closing.length > KEPT_ENDINGS) void this.#closing.shift();
    this.#file = undefined;
    this.#part = (this.#part ?? 1) + 1;
    this.#writtenBytes = 0;
  }

  get #limits(): { readonly fileBytes: number; readonly folderBytes: number } {
    return this.#options.limits ?? { fileBytes: MAX_FILE_BYTES, folderBytes: MAX_FOLDER_BYTES };
  }

  #open(): DailyRotateFile | undefined {
    if (this.#file !== undefined) {
      const openMs = performance.now() - this.#openedAtMs;
      if (openMs > RETRIES_UNTIL_CALM * this.#retryMs) this.#isLosing = false;
      return this.#file;
    }
    if (performance.now() < this.#retryAtMs) return undefined;
    try {
      this.#file = this.#create();
      this.#openedAtMs = performance.now();
    } catch (error) {
      this.#giveUp(error);
    }
    return this.#file;
  }

  #create(): DailyRotateFile {
    const { folder } = this.#options;
    removeOldest(folder, this.#limits.folderBytes);
    if (this.#part === undefined) {
      // After a restart the lines go on where they ended.
      const newest = listLogs(folder).toSorted((one, other) => (one.file < other.file ? 1 : -1))[0];
      this.#part = Number(/_(\d+)\.log$/.exec(newest?.file ?? '')?.[1] ?? 1);
      this.#writtenBytes = newest?.bytes ?? 0;
    }
    const part = this.#part;
    const file = new DailyRotateFile({
      dirname: folder,
      // Such that later parts sort behind earlier ones.
      filename: `evenkeel-%DATE%${part === 1 ? '' : `_${String(part).padStart(2, '0')}`}.log`,
      maxFiles: KEPT_DAYS,
      auditFile: path.join(folder, '.files.json'),
    });
    const onError = (error: unknown): void => {
      if (this.#file === file) this.#giveUp(error);
    };
    file.on('error', onError);
    file.logStream.on('error', onError);
    return file;
  }

  #giveUp(error: unknown): void {
    this.#file = undefined;
    this.#retryAtMs = performance.now() + this.#retryMs;
    if (this.#isLosing) return;
    this.#isLosing = true;
    this.#options.onLost(error instanceof Error ? error.message : String(error));
  }
}

/** Closes the file. Resolves once what it took is written. */
function closed(file: DailyRotateFile): Promise<void> {
  return new Promise((resolve) => {
    // The rotation says once more that it has finished when its file is closed.
    file.once('finish', resolve);
    file.close?.();
  });
}

/** Winston hands over the finished line beside its parts. */
function sizeOf(info: unknown): number {
  const line = (info as Readonly<Record<symbol, unknown>>)[MESSAGE];
  return typeof line === 'string' ? Buffer.byteLength(line) + 1 : 0;
}

const MESSAGE = Symbol.for('message');

/** Deletes the oldest files until the rest is small enough. What cannot be read or deleted is left. */
function removeOldest(folder: string, maxBytes: number): void {
  const files = listLogs(folder).toSorted((one, other) => other.modifiedMs - one.modifiedMs);
  let sum = 0;
  for (const { file, bytes } of files) {
    sum += bytes;
    if (sum > maxBytes) rmSync(file, { force: true });
  }
}

function listLogs(folder: string): readonly {
  readonly file: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}[] {
  try {
    return readdirSync(folder)
      .filter((name) => /^evenkeel-.*\.log$/.test(name))
      .map((name) => {
        const file = path.join(folder, name);
        const { size, mtimeMs } = statSync(file);
        return { file, bytes: size, modifiedMs: mtimeMs };
      });
  } catch {
    return [];
  }
}
