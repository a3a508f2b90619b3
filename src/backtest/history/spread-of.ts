import type { MarketHistory, SymbolHistory } from './market-history.js';

/** What a run takes for the spread of a symbol, in percent: as it was quoted, else as it is assumed. */
export function spreadPctOf({ quotedSpread }: SymbolHistory, assumedPct: number): number {
  return quotedSpread?.percent ?? assumedPct;
}

/** The same history for a run whose spread is given. */
export function withoutQuotedSpreads(history: MarketHistory): MarketHistory {
  const symbols = history.symbols.map((one) => ({ ...one, quotedSpread: undefined }));
  return { ...history, symbols };
}
