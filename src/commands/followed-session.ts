import { z } from 'zod';
import { PauseFile } from '../collection/pause-file.js';
import { messageOf, RejectedError, TransientError } from '../lib/errors.js';
import type { DaemonClient } from './daemon-client.js';
import type { TrainOptions } from './train-options.js';

/**
 * A session that this command asked for, in the queue of a daemon. In another process's daemon it is
 * paused while the command's own file exists; a daemon of this process has that file as its own.
 */
export class FollowedSession {
  readonly uid: string;
  readonly path: string;
  readonly #daemon: DaemonClient;
  readonly #options: TrainOptions;
  readonly #isOwnDaemon: boolean;
  readonly #pauseFile: PauseFile | undefined;
  #hasBegun = false;
  /** Whether the session waits because of this command. */
  #isPausedHere = false;

  constructor(
    uid: string,
    daemon: DaemonClient,
    options: TrainOptions & { readonly isOwnDaemon: boolean },
  ) {
    this.uid = uid;
    this.path = `/api/training/sessions/${uid}`;
    this.#daemon = daemon;
    this.#options = options;
    this.#isOwnDaemon = options.isOwnDaemon;
    const { asked, clock, logger } = options;
    const { pauseFile: file } = asked;
    if (file !== undefined && !options.isOwnDaemon) {
      this.#pauseFile = new PauseFile({ file, subject: 'Training', clock, logger });
    }
  }

  /** Passes on what the file says now; what the daemon did not hear is said again by the next call. */
  async syncPauseFile(): Promise<void> {
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
   * Who pauses, as shown to a person.
   *
   * @param names as the status of the daemon's queue has them
   */
  pausedBy(names: readonly string[]): readonly string[] {
    if (this.#isOwnDaemon) {
      const { pauseFile } = this.#options.settings;
      return names.map((name) => (name === 'file' ? `the file ${pauseFile}` : name));
    }
    const own = `session ${this.uid}`;
    const others = names.filter((name) => !this.#isPausedHere || name !== own).map(describePauser);
    return this.#isPausedHere ? [`the file ${this.#pauseFile?.file ?? ''}`, ...others] : others;
  }

  /** A session that is paused after its start may have a job under way, so it starts only now. */
  async #begin(isPaused: boolean): Promise<void> {
    this.#isPausedHere = isPaused;
    if (isPaused) return;
    await this.#move('start');
    this.#hasBegun = true;
  }

  async #move(event: 'start' | 'pause' | 'resume' | 'cancel'): Promise<void> {
    await this.#daemon.post(`${this.path}/${event}`, z.object({}), {});
  }

  /**
   * Ends the command's part in it. In another process's daemon Ctrl+C cancels the session, and any other
   * end of the command (a closed terminal, a shutdown) leaves the work to the daemon.
   *
   * @returns what becomes of it, as shown to a person
   */
  async leave(daemon: DaemonClient): Promise<string> {
    if (this.#isOwnDaemon) {
      return 'Stopped; what is trained stays, and the session goes on with the next start';
    }
    const isCancelled = (this.#options.signal.reason as Error).cause === 'SIGINT';
    if (!isCancelled) return this.#describeLeft();
    try {
      await daemon.post(`${this.path}/cancel`, z.object({}), {});
      return `Stopped; the daemon has cancelled session ${this.uid}, and what is trained stays`;
    } catch (error) {
      if (!(error instanceof TransientError) && !(error instanceof RejectedError)) throw error;
      return `Session ${this.uid} could not be cancelled: ${messageOf(error)}. ${this.#describeLeft()}`;
    }
  }

  #describeLeft(): string {
    return `Left session ${this.uid} to the daemon, which ${this.#describeState()} or cancel it by POST ${this.path}/…`;
  }

  #describeState(): string {
    if (!this.#hasBegun) return 'has not begun it: start';
    return this.#isPausedHere ? 'keeps it paused: resume' : 'goes on with it: pause';
  }
}

function describePauser(name: string): string {
  if (name === 'file') return 'the pause file of the daemon';
  return name === 'api' ? 'the API of the daemon' : name;
}
