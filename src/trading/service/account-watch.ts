import type { Clock } from '../../lib/clock.js';
import { growingPauseMs } from '../../lib/growing-pause.js';
import type { Logger } from '../../lib/logger.js';

/** Each attempt to recover reads the whole account, and exchanges count requests. */
const LOOK = { firstMs: 1_000, longestMs: 30_000 } as const;

export interface AccountWatchOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  /** Looks at what is under way, where this process trades. */
  readonly look: () => Promise<unknown>;
}

/** Looks at the orders that are under way, and whether the account is to be compared, each second. */
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
    const { clock, logger, look } = this.#options;
    const { signal } = this.#ending;
    const isOver = (): boolean => signal.aborted;
    let failures = 0;
    while (!isOver()) {
      await clock.sleep(growingPauseMs(failures + 1, LOOK), signal).catch(() => undefined);
      if (isOver()) return;
      try {
        await look();
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
