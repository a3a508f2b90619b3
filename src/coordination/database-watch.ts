import type { Clock } from '../lib/clock.js';
import { messageOf, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { Database } from '../storage/database/database.js';

/** Rest between two checks, and how long one may take: together under the five seconds of a freeze. */
const REST_MS = 1_000;
const LATE_MS = 3_000;

const TOUCH_RUN = 'UPDATE runs SET row_version = row_version + 1 WHERE uid = ?';

const LATE = Symbol('late');

export interface DatabaseWatchOptions {
  readonly database: Pick<Database, 'ask' | 'findFileFault' | 'diskFault' | 'probeWrite'>;
  /** The row of this run is in the database that it began in, and in no other. */
  readonly runUid: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/**
 * Checks once a second whether the database is there, still the one that this run began in, in the
 * place where it was opened, and able to store rows.
 */
export class DatabaseWatch {
  readonly #abort = new AbortController();
  #watching: Promise<void> | undefined;
  #reason: string | undefined;
  readonly #waiting = new Set<(reason: string) => void>();

  readonly #options: DatabaseWatchOptions;

  constructor(options: DatabaseWatchOptions) {
    this.#options = options;
  }

  /** Why nothing can be stored at the moment, in words; undefined while the database answers. */
  get lostReason(): string | undefined {
    return this.#reason;
  }

  /**
   * What the work answers; nothing is waited for once the database is lost.
   *
   * @throws TransientError at once while the database is lost, and as soon as it is found to be
   */
  async whileAnswering<T>(work: () => Promise<T>): Promise<T> {
    if (this.#reason !== undefined) throw lost(this.#reason);
    let abandon: (reason: string) => void = () => undefined;
    const loss = new Promise<never>((_, reject) => {
      abandon = (reason) => {
        reject(lost(reason));
      };
    });
    this.#waiting.add(abandon);
    try {
      return await Promise.race([work(), loss]);
    } finally {
      this.#waiting.delete(abandon);
    }
  }

  start(): void {
    this.#watching ??= this.#watch();
  }

  /** Does not wait for an answer that may never come. */
  stop(): Promise<void> {
    this.#abort.abort(new Error('The watch ends'));
    return Promise.resolve();
  }

  /** One check: sets what is wrong as soon as that is known. */
  async check(): Promise<void> {
    const asked = this.#ask();
    const late = this.#rest(LATE_MS).then((): typeof LATE => LATE);
    const answer = await Promise.race([asked, late]);
    if (answer === LATE) this.#settle(`no answer for ${LATE_MS / 1000} s`);
    // The driver gives up a silent connection, so this ends.
    this.#settle(answer === LATE ? await asked : answer);
  }

  async #watch(): Promise<void> {
    while (!this.#abort.signal.aborted) {
      await this.check();
      await this.#rest(REST_MS);
    }
  }

  async #ask(): Promise<string | undefined> {
    const { database, runUid } = this.#options;
    const fileFault = database.findFileFault();
    if (fileFault !== undefined) return fileFault;
    try {
      const rows = await database.ask('SELECT 1 FROM runs WHERE uid = ?', [runUid]);
      // Reading goes on where a disk is full: only a row that is stored says that there is space again.
      if (database.diskFault !== undefined) await database.probeWrite(TOUCH_RUN, [runUid]);
      if (rows.length > 0) return undefined;
      return 'it does not know this run: it was emptied or replaced. Bring the old one back, or restart to begin in this one';
    } catch (error) {
      return messageOf(error);
    }
  }

  #settle(reason: string | undefined): void {
    const { logger } = this.#options;
    if (this.#abort.signal.aborted) return;
    if (reason !== undefined && this.#reason === undefined) {
      logger.error(`The database is lost: ${reason}. No position is opened until it is back`);
    }
    if (reason === undefined && this.#reason !== undefined) logger.info('The database is back');
    this.#reason = reason;
    if (reason !== undefined) for (const abandon of this.#waiting) abandon(reason);
  }

  async #rest(durationMs: number): Promise<void> {
    await this.#options.clock.sleep(durationMs, this.#abort.signal).catch(() => undefined);
  }
}

function lost(reason: string): TransientError {
  return new TransientError(`The database is lost: ${reason}`);
}
