import type { AccountAnswer } from '../../api/contract/account.js';
import { ApiError } from '../../api/http/answer-errors.js';
import type { KeyRights, VenueAccount } from '../../exchange/orders/order-venue.js';
import { ConfigError, messageOf } from '../../lib/errors.js';
import { accountOf, PAPER_ACCOUNT } from '../open-live.js';
import type { ReadPhase } from '../phases.js';

/** People reload pages; the venue counts requests. */
const KEPT_MS = 10_000;

/** What the account at the exchange holds, pays and may do, kept for a few seconds. */
export function accountView(readPhase: ReadPhase): () => Promise<AccountAnswer> {
  let kept: { readonly atMs: number; readonly answer: Promise<AccountAnswer> } | undefined;
  return () => {
    const { wallClock } = readPhase();
    const atMs = wallClock.wallMs();
    if (kept === undefined || atMs - kept.atMs >= KEPT_MS || atMs < kept.atMs) {
      const answer = readAccount(readPhase, atMs);
      kept = { atMs, answer };
      answer.catch(() => (kept = undefined));
    }
    return kept.answer;
  };
}

async function readAccount(readPhase: ReadPhase, atMs: number): Promise<AccountAnswer> {
  const phase = readPhase();
  const { settings } = phase;
  const { exchange } = settings;
  if (settings.tradingMode !== 'live') {
    const nothing = { read_at: null, balances: [], fees: null, rights: null };
    return { mode: 'paper', account: PAPER_ACCOUNT, exchange, ...nothing };
  }
  const venue: VenueAccount | undefined = 'live' in phase ? phase.live : undefined;
  if (venue === undefined || !('instruments' in phase)) {
    throw new ApiError(
      503,
      'not_trading',
      'This daemon has not reached its account yet; try again',
    );
  }
  try {
    const told = await askVenue(venue, phase.instruments.primary.symbol);
    const read_at = new Date(atMs).toISOString();
    return { mode: 'live', account: accountOf(settings), exchange, read_at, ...told };
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    throw new ApiError(503, 'key_refused', messageOf(error));
  }
}

async function askVenue(
  venue: VenueAccount,
  symbol: string,
): Promise<Pick<AccountAnswer, 'balances' | 'fees' | 'rights'>> {
  const balances = await venue.balances();
  const { maker, taker } = await venue.feesOf(symbol);
  return {
    balances: [...balances].map(([currency, { free, used }]) => ({
      currency,
      free: free.toFixed(),
      held_by_orders: used.toFixed(),
    })),
    fees: { symbol, maker: maker?.toFixed() ?? null, taker: taker?.toFixed() ?? null },
    rights: toRights(await venue.rights()),
  };
}

function toRights(rights: KeyRights): AccountAnswer['rights'] {
  const { trade, withdraw, isSubAccount, isBoundToAddress, expiresAt } = rights;
  return {
    trade: trade ?? null,
    withdraw: withdraw ?? null,
    sub_account: isSubAccount ?? null,
    bound_to_address: isBoundToAddress ?? null,
    expires_at: expiresAt === undefined ? null : new Date(expiresAt).toISOString(),
  };
}
