import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';

const LOOK_EVERY_MS = 1_000;
/** Each attempt to recover reads the whole account, and exchanges count requests. */
const LONGEST_PAUSE_MS = 30_000;

export interface AccountWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reconcileEveryMs: number;
  /**
   * Looks at what is under way.
   *
   * @param isDue whether the whole account is to be compared with the books
   * @returns whether this process trades, so that something was looked at
   */
  readonly look: (isDue: boolean) => Promise<boolean>;
}

/** Looks at the orders that are under way each second, and at the account every `RECONCILE_SEC`. */
export class AccountWatch {
  readonly #options: AccountWatchOptions;
  readonly #ending = new AbortController();
  #running: Promise<void> | undefined;

  constructor(options: AccountWatchOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, logger, reconcileEveryMs, look } = this.#options;
    const { signal } = this.#ending;
    const isOver = (): boolean => signal.aborted;
    let failures = 0;
    // The start itself has compared them.
    let dueMs = clock.wallMs() + reconcileEveryMs;
    while (!isOver()) {
      const pauseMs = Math.min(LOOK_EVERY_MS * 2 ** failures, LONGEST_PAUSE_MS);
      await clock.sleep(pauseMs, signal).catch(() => undefined);
      if (isOver()) return;
      try {
        const isDue = clock.wallMs() >= dueMs;
        if ((await look(isDue)) && isDue) dueMs = clock.wallMs() + reconcileEveryMs;
        failures = 0;
      } catch (error) {
        if (failures === 0) {
          logger.warn('The orders under way cannot be looked at now', { error });
        }
        failures += 1;
      }
    }
  }
}
