import type { Instrument } from '../domain/market.js';
import { RejectedError } from '../lib/errors.js';
import { findNearNames } from '../lib/near-names.js';

export interface SymbolChoices {
  /** What the message calls the place where symbols were looked for. */
  readonly venue: string;
  /** The venue's spot markets. */
  readonly spot: readonly Instrument[];
  /** Unified symbols that are tried first. */
  readonly configured: readonly string[];
}

/**
 * The spot market meant by a unified symbol (`BTC/USDT`), a market id (`BTCUSDT`, `XBTUSDT`) or
 * another spelling of either (`BTC-USDT`, `btc_usdt`). An exact spelling wins over a similar one, and
 * a configured instrument over the rest. Throws a `RejectedError` naming choices or near names.
 */
export function resolveSymbol(text: string, choices: SymbolChoices): Instrument {
  const wanted = text.trim();
  assertSpotSpelling(wanted, choices.venue);
  const configured = new Set(choices.configured);
  const first = choices.spot.filter(({ symbol }) => configured.has(symbol));
  // A market that trades wins over one of the same name that does not.
  for (const markets of [...byActivity(first), ...byActivity(choices.spot)]) {
    const found = findAmong(wanted, markets);
    if (found.length > 1) throw ambiguous(wanted, choices.venue, found);
    if (found[0] !== undefined) return found[0];
  }
  const near = findNearNames(
    wanted,
    choices.spot.map(({ symbol }) => symbol),
  );
  const hint = near.length > 0 ? `did you mean ${near.join(' or ')}?` : 'no name there is like it.';
  throw new RejectedError(`${wanted} is not a spot market of ${choices.venue}: ${hint}`);
}

function byActivity(markets: readonly Instrument[]): Instrument[][] {
  const onHold = markets.filter(({ isOnHold }) => isOnHold === true);
  return [markets.filter(({ isOnHold }) => isOnHold !== true), onHold];
}

function assertSpotSpelling(wanted: string, venue: string): void {
  if (wanted === '') throw new RejectedError(`An empty symbol is not a spot market of ${venue}.`);
  if (!wanted.includes(':')) return;
  throw new RejectedError(`${wanted} is a derivative; only spot markets are traded.`);
}

function findAmong(wanted: string, markets: readonly Instrument[]): Instrument[] {
  const isExact = ({ symbol, marketId }: Instrument): boolean =>
    symbol === wanted || marketId === wanted;
  const exact = markets.filter(isExact);
  if (exact.length > 0) return exact;
  const letters = lettersOf(wanted);
  return markets.filter(
    ({ symbol, marketId }) => lettersOf(symbol) === letters || lettersOf(marketId) === letters,
  );
}

/** Upper case without separators: what spellings of one market have in common. */
function lettersOf(text: string): string {
  return text.replace(/[/_-]/g, '').toUpperCase();
}

function ambiguous(wanted: string, venue: string, found: readonly Instrument[]): RejectedError {
  const names = found.map(({ symbol }) => symbol).join(', ');
  return new RejectedError(`${wanted} may mean ${names} at ${venue}: use the full name.`);
}
