import type { Position } from '../../domain/trade.js';
import type { Quotes } from '../books/quote-board.js';

/** A position that nothing guards, because the venue gives no price for it. */
export interface UnpricedPosition {
  readonly uid: string;
  readonly symbol: string;
  readonly status: Position['status'];
  /** Market time of the last usable quote, or of the entry where there was none. */
  readonly since: number;
}

/** What a person can do about an unpriced position. */
export const UNPRICED_CHOICES =
  'wait until the venue quotes it again, or check at the venue whether it is delisted or halted; ' +
  'its stop, target and holding time act on the first quote that comes';

/** @param options.quotedAt wall time at which each symbol was last quoted, or first missed */
export function findUnpriced(
  held: readonly Position[],
  options: {
    readonly quotes: Quotes;
    readonly quotedAt: ReadonlyMap<string, number>;
    readonly wallMs: number;
    readonly afterMs: number;
  },
): readonly UnpricedPosition[] {
  const { quotes, quotedAt, wallMs, afterMs } = options;
  return held
    .filter(({ symbol }) => wallMs - (quotedAt.get(symbol) ?? wallMs) > afterMs)
    .map(({ uid, symbol, status, openedAt }) => {
      const since = Math.max(openedAt, quotes.find(symbol)?.venueTime ?? openedAt);
      return { uid, symbol, status, since };
    });
}
