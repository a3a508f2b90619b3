import { Money } from '../domain/money.js';
import type { Quote } from '../domain/market.js';

/** What prices a tick can see. */
export interface Quotes {
  /** Newest quote of a symbol. */
  find(symbol: string): Quote | undefined;
  /** The quote of a symbol unless it is older than `maxAgeMs` at market time `nowMs`. */
  findFresh(symbol: string, nowMs: number, maxAgeMs: number): Quote | undefined;
}

/** The newest quote of each symbol. */
export class QuoteBoard implements Quotes {
  readonly #quotes = new Map<string, Quote>();

  /**
   * Takes what is not older than what it has and can be traded on.
   *
   * @returns the symbols whose quotes were taken
   */
  update(quotes: Iterable<Quote>): ReadonlySet<string> {
    const taken = new Set<string>();
    for (const quote of quotes) {
      const known = this.#quotes.get(quote.symbol);
      const isNewest = known === undefined || quote.venueTime >= known.venueTime;
      if (!isNewest || !isTradable(quote)) continue;
      this.#quotes.set(quote.symbol, quote);
      taken.add(quote.symbol);
    }
    return taken;
  }

  find(symbol: string): Quote | undefined {
    return this.#quotes.get(symbol);
  }

  findFresh(symbol: string, nowMs: number, maxAgeMs: number): Quote | undefined {
    const quote = this.#quotes.get(symbol);
    return quote !== undefined && nowMs - quote.venueTime <= maxAgeMs ? quote : undefined;
  }
}

/** A side may be empty at the venue, and two sides may be crossed for a moment. */
function isTradable(quote: Quote): boolean {
  const bid = new Money(quote.bid);
  const ask = new Money(quote.ask);
  return bid.isFinite() && bid.gt(0) && ask.isFinite() && ask.gte(bid);
}
