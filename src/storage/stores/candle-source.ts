/** Where a candle came from; its place here is the stored code. */
export const CANDLE_SOURCES = ['rest', 'csv', 'ticker'] as const;

export type CandleSource = (typeof CANDLE_SOURCES)[number];
