import { z } from 'zod';
import { PauseFile } from '../../collection/pause-file.js';
import { messageOf, RejectedError, TransientError } from '../../lib/errors.js';
import type { DaemonApi } from './daemon-api.js';
import type { TrainOptions } from './train-options.js';

/** A session of this command in the daemon's queue: paused while the command's own file exists. */
export class JoinedSession {
  readonly path: string;
  readonly #pauseFile: PauseFile | undefined;
  #hasBegun = false;
  /** Whether it waits because of this command. */
  #isPausedHere = false;

  constructor(
    private readonly daemon: DaemonApi,
    readonly uid: string,
    private readonly options: TrainOptions,
  ) {
    this.path = `/api/training/sessions/${uid}`;
    const { asked, clock, logger } = options;
    const { pauseFile: file } = asked;
    if (file !== undefined) {
      this.#pauseFile = new PauseFile({ file, subject: 'Training', clock, logger });
    }
  }

  /** Passes on what the file says now; what the daemon did not hear is said again with the next look. */
  async heedPauseFile(): Promise<void> {
    const isWanted = (await this.#pauseFile?.check()) ?? false;
    if (!this.#hasBegun) return this.#begin(isWanted);
    if (isWanted === this.#isPausedHere) return;
    try {
      await this.#move(isWanted ? 'pause' : 'resume');
    } catch (error) {
      // It has ended meanwhile, or a person has moved it.
      if (!(error instanceof RejectedError)) throw error;
    }
    this.#isPausedHere = isWanted;
  }

  get isPausedHere(): boolean {
    return this.#isPausedHere;
  }

  /**
   * Who pauses, in words.
   *
   * @param names as the status of the daemon's queue has them
   */
  pausedBy(names: readonly string[]): readonly string[] {
    const own = `session ${this.uid}`;
    const others = names.filter((name) => !this.#isPausedHere || name !== own).map(wordsOf);
    return this.#isPausedHere ? [`the file ${this.#pauseFile?.file ?? ''}`, ...others] : others;
  }

  /** A session that has begun and is paused after that may have a job under way: it begins only now. */
  async #begin(isPaused: boolean): Promise<void> {
    this.#isPausedHere = isPaused;
    if (isPaused) return;
    await this.#move('start');
    this.#hasBegun = true;
  }

  async #move(event: 'start' | 'pause' | 'resume' | 'cancel'): Promise<void> {
    await this.daemon.post(`${this.path}/${event}`, z.object({}), {});
  }

  /**
   * Ends the command's part in it: Ctrl+C is a person's word and cancels, whatever else ends the command
   * (a closed terminal, a shutdown) leaves the work to the daemon.
   *
   * @returns what becomes of it, in words
   */
  async leave(): Promise<string> {
    const { uid, options } = this;
    const isCancelled = (options.signal.reason as Error).cause === 'SIGINT';
    if (!isCancelled) return this.#leftWords();
    try {
      await this.#move('cancel');
      return `Stopped; the daemon has cancelled session ${uid}, and what is trained stays`;
    } catch (error) {
      if (!(error instanceof TransientError) && !(error instanceof RejectedError)) throw error;
      return `Session ${uid} could not be cancelled: ${messageOf(error)}. ${this.#leftWords()}`;
    }
  }

  #leftWords(): string {
    return `Left session ${this.uid} to the daemon, which ${this.#state()} or cancel it by POST ${this.path}/…`;
  }

  #state(): string {
    if (!this.#hasBegun) return 'has not begun it: start';
    return this.#isPausedHere ? 'keeps it paused: resume' : 'goes on with it: pause';
  }
}

function wordsOf(name: string): string {
  if (name === 'file') return 'the pause file of the daemon';
  return name === 'api' ? 'the API of the daemon' : name;
}
