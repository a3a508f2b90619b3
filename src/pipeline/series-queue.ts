import type { Series } from '../domain/market.js';
import { messageOf, RejectedError, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';

export interface SeriesQueueOptions {
  readonly logger: Logger;
  /** Once it aborts nothing begins any more. */
  readonly signal: AbortSignal;
}

/** Work on each series one after another, and on different series side by side. */
export class SeriesQueue {
  readonly #options: SeriesQueueOptions;
  readonly #tails = new Map<number, Promise<void>>();
  /** Series whose last work failed, and why. */
  readonly #behind = new Map<number, { readonly series: Series; readonly reason: string }>();

  constructor(options: SeriesQueueOptions) {
    this.#options = options;
  }

  /** Queues work behind what is queued for the series. A failure is logged and noted. */
  add(series: Series, work: () => Promise<void>): void {
    const tail = this.#tails.get(series.id) ?? Promise.resolve();
    this.#tails.set(
      series.id,
      tail.then(() => this.#run(series, work)),
    );
  }

  /** Series whose last work failed, so that it is to be done again. */
  get behind(): readonly { readonly series: Series; readonly reason: string }[] {
    return [...this.#behind.values()];
  }

  isBehind(series: Series): boolean {
    return this.#behind.has(series.id);
  }

  /** Resolves when nothing is under way. */
  async settled(): Promise<void> {
    await Promise.all(this.#tails.values());
  }

  async #run(series: Series, work: () => Promise<void>): Promise<void> {
    const { logger, signal } = this.#options;
    const isStopping = (): boolean => signal.aborted;
    if (isStopping()) return;
    try {
      await work();
      this.#behind.delete(series.id);
    } catch (error) {
      if (isStopping()) return;
      this.#behind.set(series.id, { series, reason: messageOf(error) });
      const fields = { symbol: series.symbol, timeframe: series.timeframe };
      if (error instanceof TransientError || error instanceof RejectedError) {
        logger.warn(`No decision: ${error.message}`, fields);
      } else {
        logger.error('A decision failed', { ...fields, error });
      }
    }
  }
}
