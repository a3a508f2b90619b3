import { stat } from 'node:fs/promises';
import path from 'node:path';
import { rejectOnAbort } from '../exchange/retry-reads.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';

/** Wall time between two checks of the file, which bounds how late a pause begins and ends. */
const CHECK_EVERY_MS = 1000;

export interface PauseFileOptions {
  /** `PAUSE_COLLECTOR_FILE` or `PAUSE_FILE`; relative to the working directory. */
  readonly file: string;
  /** What pauses. */
  readonly subject: 'Collection' | 'Training';
  readonly onResumed?: (() => void) | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Work waits at its next safe point while a file exists. What is in it does not matter. Nothing is
 * remembered: the file alone says whether to wait, also at the start and after a kill.
 */
export class PauseFile {
  /** As an absolute path. */
  readonly file: string;
  readonly #options: PauseFileOptions;
  #isPaused = false;
  #resumed: Promise<void> = Promise.resolve();
  #resume: () => void = () => undefined;

  constructor(options: PauseFileOptions) {
    this.#options = options;
    this.file = path.resolve(options.file);
  }

  get isPaused(): boolean {
    return this.#isPaused;
  }

  /** Checks the file regularly until the signal aborts. Without this a pause never ends. */
  async run(signal: AbortSignal): Promise<void> {
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      await this.#poll();
      await this.#options.clock.sleep(CHECK_EVERY_MS, signal).catch(() => undefined);
    }
  }

  /** Checks the file now; true means that work must wait. */
  async check(): Promise<boolean> {
    await this.#poll();
    return this.#isPaused;
  }

  /** Resolves at once, or as soon as the file is gone; rejects with the signal's reason. */
  async passage(signal: AbortSignal): Promise<void> {
    await this.#poll();
    // A new file may be there before the ones that waited get their turn.
    while (this.#isPaused) await rejectOnAbort(this.#resumed, signal);
  }

  async #poll(): Promise<void> {
    const isThere = await this.#exists();
    if (isThere === this.#isPaused) return;
    this.#isPaused = isThere;
    const { subject, logger, onResumed } = this.#options;
    // Users' scripts wait for these lines, so they carry no fields. Both are warnings, so that they are
    // seen at every usual LOG_LEVEL and always in pairs.
    logger.warn(isThere ? `PAUSE DETECTED: ${subject} paused` : `RESUMING: ${subject} resumed`);
    if (isThere) {
      this.#resumed = new Promise((resolve) => (this.#resume = resolve));
      return;
    }
    this.#resume();
    onResumed?.();
  }

  /** Where the file system does not answer, nothing changes: a network drive may be away for a moment. */
  async #exists(): Promise<boolean> {
    try {
      await stat(this.file);
      return true;
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      return code === 'ENOENT' || code === 'ENOTDIR' ? false : this.#isPaused;
    }
  }
}

/** @returns the absolute path of the file where there is one now */
export async function findPauseFile(file: string | undefined): Promise<string | undefined> {
  if (file === undefined) return undefined;
  const absolute = path.resolve(file);
  return stat(absolute).then(
    () => absolute,
    () => undefined,
  );
}
