/** A spot market at a venue. */
export interface Instrument {
  /** Unified symbol, `BTC/USDT`. */
  readonly symbol: string;
  /** The venue's own id, `BTCUSDT`. */
  readonly marketId: string;
  readonly base: string;
  readonly quote: string;
  /** Smallest change of a size in base units, as exact text; undefined where the venue states none. */
  readonly sizeStep: string | undefined;
  /** Smallest cost of an order in quote units, as exact text. */
  readonly minCost: string | undefined;
}
