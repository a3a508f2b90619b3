import path from 'node:path';
import type { Logform } from 'winston';
import DailyRotateFile from 'winston-daily-rotate-file';
import Transport from 'winston-transport';

const KEPT_DAYS = '14d';
const DEFAULT_RETRY_MS = 60_000;
/** Once a file has stayed open this many retries long, the next failure is reported as a new one. */
const RETRIES_UNTIL_CALM = 10;

export interface DailyFileOptions {
  readonly folder: string;
  readonly format: Logform.Format;
  /** Wall time after a failure until the file is tried again. */
  readonly retryMs?: number | undefined;
  /** Called with the reason when lines begin to be lost. */
  readonly onLost: (reason: string) => void;
}

/**
 * JSON lines in one file a day. A full disk or a folder that is gone costs lines of the file, never the
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

  constructor(options: DailyFileOptions) {
    super({ format: options.format });
    this.#options = options;
    this.#retryMs = options.retryMs ?? DEFAULT_RETRY_MS;
  }

  override log(info: unknown, next: () => void): void {
    this.#open()?.log?.(info, () => undefined);
    next();
  }

  /** Resolves once what was taken is in the file. */
  async flush(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    this.#retryAtMs = Infinity;
    if (file === undefined) return;
    await new Promise<void>((resolve) => {
      // The rotation says once more that it has finished when its file is closed.
      file.once('finish', resolve);
      file.close?.();
    });
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
    const file = new DailyRotateFile({
      dirname: folder,
      filename: 'evenkeel-%DATE%.log',
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
