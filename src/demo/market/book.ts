import type { Instrument } from './instrument.js';
import type { Market } from './market.js';

/** Price and quantity of a level. */
export type BookLevel = readonly [price: number, quantity: number];

export interface Book {
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

/** Part of an hour's typical volume that rests on one level. */
const PART_PER_LEVEL = 0.002;

export interface BookOptions {
  readonly market: Market;
  readonly nowMs: number;
  /** Levels on each side. */
  readonly depth: number;
}

/**
 * A book around the quote: best first, one level every half spread, larger further away. It is empty
 * once the pair no longer trades.
 */
export function bookLevels(instrument: Instrument, { market, nowMs, depth }: BookOptions): Book {
  const { bid, ask } = market.quote(instrument, nowMs);
  if (bid === 0) return { bids: [], asks: [] };
  const scale = 10 ** instrument.priceDecimals;
  const bidTicks = Math.round(bid * scale);
  const askTicks = Math.round(ask * scale);
  const gap = Math.max(1, Math.round((askTicks - bidTicks) / 2));
  const hourly = market.lastDay(instrument, nowMs).volume / 24;
  const levelsFrom = (best: number, direction: number): BookLevel[] =>
    Array.from({ length: depth }, (_, level) => {
      const ticks = best + direction * gap * level;
      const quantity = quantityAt(hourly, { instrument, ticks, level });
      return [ticks / scale, quantity] as const;
    }).filter(([price]) => price > 0);
  return { bids: levelsFrom(bidTicks, -1), asks: levelsFrom(askTicks, 1) };
}

/** Rests on the price itself, so that a level keeps its quantity while the quote moves around it. */
function quantityAt(
  hourly: number,
  { instrument, ticks, level }: { instrument: Instrument; ticks: number; level: number },
): number {
  const unevenness = 0.5 + (Math.abs(Math.imul(ticks, 0x9e3779b1)) % 1000) / 1000;
  const quantity = hourly * PART_PER_LEVEL * unevenness * (1 + level / 20);
  const step = 10 ** instrument.quantityDecimals;
  return Math.max(1, Math.round(quantity * step)) / step;
}
