import type { Clock } from '../lib/clock.js';
import { messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';

/** Wall time in which the decisions of one bar gather before prices are asked for once more. */
const FILL_QUOTES_AFTER_MS = 250;

export interface DecisionQuotesOptions {
  /** Fetches prices of all symbols by one bulk call and hands them to trading. */
  readonly refreshQuotes: (signal: AbortSignal) => Promise<void>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Prices for decisions, and for the orders that come of them, by as few calls as possible. */
export class DecisionQuotes {
  readonly #options: DecisionQuotesOptions;
  readonly #byCloseTime = new Map<number, Promise<void>>();
  #forFills: Promise<void> | undefined;

  constructor(options: DecisionQuotesOptions) {
    this.#options = options;
  }

  /** One call serves all bars that closed together. Without prices the decisions say so themselves. */
  refreshFor(closeTime: number): Promise<void> {
    const known = this.#byCloseTime.get(closeTime);
    if (known !== undefined) return known;
    const asked = this.#refresh('No prices for the decisions of this bar');
    this.#byCloseTime.clear();
    this.#byCloseTime.set(closeTime, asked);
    return asked;
  }

  /** An order fills at the first quote after its decision: one call soon serves all that just decided. */
  refreshForFills(): void {
    const { clock, signal } = this.#options;
    this.#forFills ??= clock
      .sleep(FILL_QUOTES_AFTER_MS, signal)
      .then(() => this.#refresh('No prices to fill by yet'))
      .catch(() => undefined) // a stop
      .finally(() => (this.#forFills = undefined));
  }

  /** Resolves when no call for fills is under way. */
  async settled(): Promise<void> {
    await this.#forFills;
  }

  async #refresh(warning: string): Promise<void> {
    const { refreshQuotes, logger, signal } = this.#options;
    try {
      await refreshQuotes(signal);
    } catch (error) {
      if (!signal.aborted) logger.warn(warning, { reason: messageOf(error) });
    }
  }
}
