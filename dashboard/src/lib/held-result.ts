import type { Answer } from '../api/client';

type Position = Answer<'GET /api/positions'>['positions'][number];

/** What is held of a position; what was ordered while it is being bought. */
export function shownSize({ held_base: held, size_base: size, status }: Position): string {
  return status === 'opening' ? size : held;
}

/** The stop that counts: the higher one of the fixed and the trailing stop. */
export function stopOf({ stop_price: fixed, trailing_price: trailing }: Position): string | null {
  if (fixed === null || trailing === null) return trailing ?? fixed;
  return Number(trailing) > Number(fixed) ? trailing : fixed;
}

/** What the part of a position that is not sold yet is worth now. */
export interface HeldResult {
  readonly price: number;
  /** What it could be sold at; where nothing is quoted, what its newest candle closed at. */
  readonly of: 'bid' | 'close';
  /** Before fees, in quote currency; undefined before it is bought. */
  readonly money: number | undefined;
  /** Part of the entry price; undefined before it is bought. */
  readonly share: number | undefined;
}

/** Undefined where its market has neither a quote nor a candle. */
export function heldResult(position: Position): HeldResult | undefined {
  const { newest_bid: bid, newest_close: close } = position;
  const price = bid === null ? close : Number(bid);
  if (price === null) return undefined;
  const entry = Number(position.entry_price);
  const isBought = entry > 0;
  return {
    price,
    of: bid === null ? 'close' : 'bid',
    money: isBought ? (price - entry) * Number(position.held_base) : undefined,
    share: isBought ? price / entry - 1 : undefined,
  };
}
