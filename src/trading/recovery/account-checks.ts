import type { Reconciliation } from '../../domain/trade.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf } from '../../lib/errors.js';
import { growingPauseMs } from '../../lib/growing-pause.js';
import type { Logger } from '../../lib/logger.js';
import { steadyMs } from '../live/steady-time.js';
import { bookKeyOf, type TradingParts } from '../parts/trading-parts.js';
import { AccountCheck, type AccountCheckOptions, type Comparison } from './account-check.js';

/** Each attempt reads the whole account, and exchanges count requests. */
const RETRY = { firstMs: 1_000, longestMs: 30_000 } as const;

/** Why the account is not known. */
export interface AccountFault {
  readonly reason: string;
  /** Wall time of the first failure in a row. */
  readonly since: number;
}

export interface AccountChecksOptions extends AccountCheckOptions {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly reconcileEveryMs: number;
  /** Market time that passes in one unit of wall time. */
  readonly marketSpeed: number;
}

/**
 * Compares books and account at the start and every `RECONCILE_SEC`. An account that cannot be read is asked
 * for again with growing pauses; meanwhile what is held is guarded and can be sold.
 */
export class AccountChecks {
  readonly #options: AccountChecksOptions;
  readonly #check: AccountCheck;
  /** Steady time. */
  #dueMs = 0;
  #failures = 0;
  #isCompared = true;
  #fault: AccountFault | undefined;

  constructor(options: AccountChecksOptions) {
    this.#options = options;
    this.#check = new AccountCheck(options);
  }

  /** Why nothing may be bought: the books were not compared since trading began. */
  get entryFreeze(): string | undefined {
    return this.#isCompared ? undefined : 'the account cannot be read yet';
  }

  /** Why the account cannot be compared with the books at the moment. */
  get fault(): AccountFault | undefined {
    return this.#fault;
  }

  /**
   * @returns why trading must be halted; undefined where nothing says so
   * @throws what keeps the account from being read, where nothing is held that could be sold
   */
  async atStart(parts: TradingParts): Promise<string | undefined> {
    this.#isCompared = false;
    const { fault, unread } = await this.#run(parts, 'start');
    if (unread === undefined || fault !== undefined) return fault;
    const held = await parts.stores.positions.listOpen(bookKeyOf(parts.rules));
    if (held.length === 0) throw unread;
    return undefined;
  }

  /** @returns why trading must be halted; undefined where nothing says so, or it is not time yet */
  async ifDue(parts: TradingParts): Promise<string | undefined> {
    if (this.#nowMs() < this.#dueMs) return undefined;
    return (await this.#run(parts, this.#isCompared ? 'interval' : 'start')).fault;
  }

  async #run(parts: TradingParts, trigger: Reconciliation['trigger']): Promise<Comparison> {
    const { logger, reconcileEveryMs } = this.#options;
    const comparison = await this.#check.run(parts, trigger);
    if (comparison.unread !== undefined) {
      this.#retryLater(comparison.unread);
      return comparison;
    }
    if (this.#failures > 0) logger.info('The account can be compared with the books again');
    this.#failures = 0;
    this.#fault = undefined;
    this.#isCompared = true;
    const pauseMs = comparison.isUnsure
      ? Math.min(RETRY.longestMs, reconcileEveryMs)
      : reconcileEveryMs;
    this.#dueMs = this.#nowMs() + pauseMs;
    return comparison;
  }

  #nowMs(): number {
    return steadyMs(this.#options.clock, this.#options.marketSpeed);
  }

  #retryLater(error: Error): void {
    const { logger } = this.#options;
    if (this.#failures === 0) {
      const message = this.#isCompared
        ? 'The account cannot be compared with the books now: it is tried again, what is held is guarded'
        : 'The account cannot be read yet: nothing is bought, what is held is guarded';
      logger.warn(message, { error });
    }
    this.#failures += 1;
    const since = this.#fault?.since ?? this.#options.clock.wallMs();
    this.#fault = { reason: messageOf(error), since };
    this.#dueMs = this.#nowMs() + growingPauseMs(this.#failures, RETRY);
  }
}
