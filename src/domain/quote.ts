/** Best prices of one symbol at one moment, as exact decimal text in quote currency. */
export interface Quote {
  readonly venue: string;
  readonly symbol: string;
  readonly bid: string;
  readonly ask: string;
  readonly last: string;
  /** The venue's time of the quote, epoch milliseconds. */
  readonly venueTime: number;
}
