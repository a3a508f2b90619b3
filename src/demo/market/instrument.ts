/** A spot pair as the demo exchange lists it. Times in epoch milliseconds UTC of the market. */
export interface Instrument {
  /** Market id, such as `BTCUSDT`. */
  readonly id: string;
  readonly base: string;
  readonly quote: string;
  /** Decimals of the price; the tick size is 10^-priceDecimals. */
  readonly priceDecimals: number;
  /** Decimals of a quantity of the base; the step size is 10^-quantityDecimals. */
  readonly quantityDecimals: number;
  /** Ask minus bid in parts of 10,000 of the price; never under one tick. */
  readonly spreadBps: number;
  /** Open time of the first bar. Before it the venue does not know the pair. */
  readonly listedFromMs: number;
  /** Close time of the last bar, where there is one. After it the pair no longer trades. */
  readonly delistedAtMs: number | undefined;
}

/** Whether the venue knows the pair at that time: once listed, its history stays readable. */
export function isListed(instrument: Instrument, nowMs: number): boolean {
  return nowMs >= instrument.listedFromMs;
}

export function isTrading(instrument: Instrument, nowMs: number): boolean {
  const { delistedAtMs } = instrument;
  return isListed(instrument, nowMs) && (delistedAtMs === undefined || nowMs <= delistedAtMs);
}
