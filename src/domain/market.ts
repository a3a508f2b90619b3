import type { Timeframe } from './timeframe.js';

const FILE_PREFIX = 'csv:';

/** Venue of what was imported from files under that name. */
export function fileVenue(name: string): string {
  return `${FILE_PREFIX}${name}`;
}

/** Stands for all that was imported from files, whatever its name. */
export const ALL_FILES = FILE_PREFIX;

/** Whether the venue's prices come from files: a sequence of their own, without a market behind it. */
export function isFileVenue(venue: string): boolean {
  return venue.startsWith(FILE_PREFIX);
}

/** What a venue demands of an order in a market, as exact text. Undefined where it states nothing. */
export interface OrderRules {
  /** Smallest change of a size in base units. */
  readonly sizeStep: string | undefined;
  /** Smallest change of a price in quote units. */
  readonly priceTick?: string | undefined;
  /** Smallest size of an order in base units. */
  readonly minSize?: string | undefined;
  /** Smallest cost of an order in quote units. */
  readonly minCost: string | undefined;
  /** Largest size of an order in base units. */
  readonly maxSize?: string | undefined;
  /** Largest cost of an order in quote units. */
  readonly maxCost?: string | undefined;
}

/** The rules as tables, files and results name them, in their order there. */
export const ORDER_RULE_NAMES = {
  sizeStep: 'size_step',
  priceTick: 'price_tick',
  minSize: 'min_size',
  minCost: 'min_cost',
  maxSize: 'max_size',
  maxCost: 'max_cost',
} as const satisfies Record<keyof OrderRules, string>;

export const ORDER_RULES = Object.keys(ORDER_RULE_NAMES) as readonly (keyof OrderRules)[];

/** The rules alone, of what has more. */
export function orderRulesOf(market: Partial<OrderRules>): OrderRules {
  const { sizeStep, priceTick, minSize, minCost, maxSize, maxCost } = market;
  return { sizeStep, priceTick, minSize, minCost, maxSize, maxCost };
}

/** A spot market at a venue. */
export interface Instrument extends OrderRules {
  /** Unified symbol, `BTC/USDT`. */
  readonly symbol: string;
  /** The venue's own id, `BTCUSDT`. */
  readonly marketId: string;
  readonly base: string;
  readonly quote: string;
  /** True while the venue does not trade it: halted for a while, or delisted. */
  readonly isOnHold?: boolean;
}

/** The candles of one instrument at one venue on one timeframe. */
export interface Series extends Partial<OrderRules> {
  /** Local to this database. */
  readonly id: number;
  /** The same in every copy of the row. */
  readonly uid: string;
  readonly venue: string;
  readonly symbol: string;
  readonly marketId: string;
  readonly timeframe: Timeframe;
  /** Open time of the first bar that the venue has, once it is known. */
  readonly firstBarAt: number | undefined;
  /**
   * How much later its bars open than the usual grid, learned from the venue's first rows: weeks from
   * Thursday, days from 16:00 UTC. Undefined until then, and for shorter bars, which have none.
   */
  readonly gridOffsetMs?: number | undefined;
  /** False once a stretch of candles has shown that the venue reports no volume. */
  readonly hasVolume: boolean;
}

export type SeriesKey = Pick<Series, 'venue' | 'symbol' | 'timeframe'>;

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
