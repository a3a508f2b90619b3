import { Money } from '../../domain/money.js';
import type { Quote } from '../../domain/market.js';

/** What prices a tick can see. */
export interface Quotes {
  /** Newest quote of a symbol. */
  find(symbol: string): Quote | undefined;
  /** The quote of a symbol unless it is older than `maxAgeMs` at market time `nowMs`. */
  findFresh(symbol: string, nowMs: number, maxAgeMs: number): Quote | undefined;
  /** Bid of the newest quote: the same object until there is another, so that what follows from it can be kept. */
  bidOf(symbol: string): Money | undefined;
  /** Venue's time of the newest quote that came, whether or not it was taken. */
  readonly newestAt: number | undefined;
}

interface PricedQuote {
  readonly quote: Quote;
  readonly bid: Money;
}

/** The newest quote of each symbol. */
export class QuoteBoard implements Quotes {
  readonly #quotes = new Map<string, PricedQuote>();
  #newestAt: number | undefined;

  get newestAt(): number | undefined {
    return this.#newestAt;
  }

  /**
   * Takes what is not older than what it has and can be traded on.
   *
   * @returns the symbols whose quotes were taken
   */
  update(quotes: Iterable<Quote>): ReadonlySet<string> {
    const taken = new Set<string>();
    for (const quote of quotes) {
      this.#newestAt = Math.max(quote.venueTime, this.#newestAt ?? -Infinity);
      const known = this.#quotes.get(quote.symbol);
      const isNewest = known === undefined || quote.venueTime >= known.quote.venueTime;
      const bid = new Money(quote.bid);
      if (!isNewest || !isTradable(bid, new Money(quote.ask))) continue;
      this.#quotes.set(quote.symbol, { quote, bid });
      taken.add(quote.symbol);
    }
    return taken;
  }

  find(symbol: string): Quote | undefined {
    return this.#quotes.get(symbol)?.quote;
  }

  findFresh(symbol: string, nowMs: number, maxAgeMs: number): Quote | undefined {
    const quote = this.find(symbol);
    return quote !== undefined && nowMs - quote.venueTime <= maxAgeMs ? quote : undefined;
  }

  bidOf(symbol: string): Money | undefined {
    return this.#quotes.get(symbol)?.bid;
  }
}

/** A side may be empty at the venue, and two sides may be crossed for a moment. */
function isTradable(bid: Money, ask: Money): boolean {
  return bid.isFinite() && bid.gt(0) && ask.isFinite() && ask.gte(bid);
}
