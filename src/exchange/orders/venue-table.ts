import { ConfigError } from '../../lib/errors.js';
import { BINANCE } from './binance-entry.js';
import { BITGET } from './bitget-entry.js';
import { BYBIT } from './bybit-entry.js';
import { COINBASE } from './coinbase-entry.js';
import { KRAKEN } from './kraken-entry.js';
import { KUCOIN } from './kucoin-entry.js';
import { OKX } from './okx-entry.js';
import type { VenueEntry } from './venue-entry.js';

/** The venues whose orders are known well enough to trade with money. */
export const VENUE_TABLE: readonly VenueEntry[] = [
  BINANCE,
  KRAKEN,
  BYBIT,
  OKX,
  KUCOIN,
  COINBASE,
  BITGET,
];

/** The demo speaks Binance's dialect. @throws ConfigError for a venue that is not in the table */
export function getVenueEntry(exchangeId: string): VenueEntry {
  const wanted = exchangeId === 'demo' ? BINANCE.exchangeId : exchangeId;
  const entry = VENUE_TABLE.find((one) => one.exchangeId === wanted);
  if (entry !== undefined) return entry;
  const known = VENUE_TABLE.map((one) => one.exchangeId).join(', ');
  throw new ConfigError(
    `EXCHANGE=${exchangeId} cannot be traded live: how it finds an order by its client id, and which ` +
      `of its refusals are certain, is not known here. Known: demo, ${known}; others trade on paper.`,
  );
}
