import type { Quote } from '../domain/market.js';
import type { MarketData } from '../exchange/market-data.js';
import { messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import type { CollectionStores } from './collection-stores.js';

/** A symbol that was asked for and has no usable quote. */
export interface UnquotedSymbol {
  readonly symbol: string;
  readonly reason: string;
  /** Market time of the first call without one. */
  readonly since: number;
}

export interface QuoteOptions {
  readonly marketData: Pick<MarketData, 'fetchQuotes' | 'clock'>;
  readonly prices: CollectionStores['prices'];
  readonly logger: Logger;
  /** Unified symbols; read before each call, since symbols may be resolved later. */
  readonly symbols: () => readonly string[];
  /** Called with every batch, after it is stored. */
  readonly onQuotes?: (quotes: readonly Quote[]) => void;
  /** Wall time between two regular calls. */
  readonly everyMs: number;
}

export interface QuoteFailure {
  readonly reason: string;
  /** Wall time at which the first of the failed calls began. */
  readonly since: number;
}

/** Keeps the best prices of all symbols fresh in memory and in the store. */
export class Quotes {
  readonly #options: QuoteOptions;
  readonly #latest = new Map<string, Quote>();
  readonly #unquoted = new Map<string, UnquotedSymbol>();
  #failure: QuoteFailure | undefined;

  constructor(options: QuoteOptions) {
    this.#options = options;
  }

  /** The newest known quote of a symbol; its `venueTime` says how old it is. */
  find(symbol: string): Quote | undefined {
    return this.#latest.get(symbol);
  }

  /** Symbols without a usable quote in the newest answer: an empty, crossed or absent book. */
  get unquoted(): readonly UnquotedSymbol[] {
    return [...this.#unquoted.values()];
  }

  /** Why the last regular call failed, and since when they do; undefined when it did not. */
  get failure(): QuoteFailure | undefined {
    return this.#failure;
  }

  /**
   * Fetches and stores quotes now, by one bulk call, and returns those that came. Rejects with the
   * errors of the market data.
   */
  async refresh(
    symbols: readonly string[] = this.#options.symbols(),
    signal?: AbortSignal,
  ): Promise<ReadonlyMap<string, Quote>> {
    if (symbols.length === 0) return new Map();
    const { marketData, prices } = this.#options;
    const { quotes, missing } = await marketData.fetchQuotes(symbols, signal);
    this.#noteMissing(missing, quotes);
    for (const quote of quotes) this.#keepNewer(quote);
    await prices.insert(quotes);
    this.#options.onQuotes?.(quotes);
    return new Map(quotes.map((quote) => [quote.symbol, quote]));
  }

  /** Refreshes at the interval until the signal aborts; a failure is logged once, and the next call follows at the interval. */
  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options.marketData;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      await this.#refreshQuietly(signal);
      await clock.sleep(this.#options.everyMs, signal).catch(() => undefined);
    }
  }

  async #refreshQuietly(signal: AbortSignal): Promise<void> {
    // A venue that hangs answers the call with a time-out: it has failed since the call began.
    const startedAt = this.#options.marketData.clock.wallMs();
    try {
      await this.refresh(this.#options.symbols(), signal);
      this.#failure = undefined;
    } catch (error) {
      if (signal.aborted) return;
      const reason = messageOf(error);
      if (this.#failure === undefined) {
        this.#options.logger.warn('Prices could not be refreshed', { reason });
      }
      this.#failure = { reason, since: this.#failure?.since ?? startedAt };
    }
  }

  /** A symbol that loses its quote is reported once, and once more when it has one again. */
  #noteMissing(
    missing: readonly { readonly symbol: string; readonly reason: string }[],
    quotes: readonly Quote[],
  ): void {
    const { logger, marketData } = this.#options;
    for (const { symbol, reason } of missing) {
      const since = this.#unquoted.get(symbol)?.since;
      if (since === undefined) logger.warn(`${symbol} has no usable quote`, { reason });
      this.#unquoted.set(symbol, {
        symbol,
        reason,
        since: since ?? marketData.clock.marketMs(),
      });
    }
    for (const { symbol } of quotes) {
      if (this.#unquoted.delete(symbol)) logger.info(`${symbol} is quoted again`);
    }
    const wanted = new Set(this.#options.symbols());
    for (const symbol of this.#unquoted.keys()) {
      if (!wanted.has(symbol)) this.#unquoted.delete(symbol);
    }
  }

  #keepNewer(quote: Quote): void {
    const known = this.#latest.get(quote.symbol);
    if (known === undefined || known.venueTime <= quote.venueTime) {
      this.#latest.set(quote.symbol, quote);
    }
  }
}
