import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import { growingPauseMs } from '../../lib/growing-pause.js';
import type { Logger } from '../../lib/logger.js';
import type { AccountFault } from '../recovery/account-checks.js';

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
  #fault: AccountFault | undefined;

  constructor(options: AccountWatchOptions) {
    this.#options = options;
  }

  /** Why the looks fail at the moment. */
  get fault(): AccountFault | undefined {
    return this.#fault;
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
        this.#fault = undefined;
      } catch (error) {
        if (failures === 0) {
          logger.warn('The orders under way cannot be looked at now', { error });
        }
        failures += 1;
        const since = this.#fault?.since ?? clock.wallMs();
        this.#fault = { reason: messageOf(error), since };
      }
    }
  }
}
