import type { Settings } from '../../config/settings.js';
import type { BookKey } from '../domain/trade.js';
import type { Clock } from '../lib/clock.js';
import { ConfigError } from '../lib/errors.js';
import type { Stores } from '../storage/stores.js';
import { accountOf, accountOfKey, PAPER_ACCOUNT } from './open-live.js';

interface LeftBooksTools {
  readonly settings: Settings;
  readonly stores: Pick<Stores, 'accounts' | 'positions' | 'orders' | 'halts' | 'leases'>;
  readonly wallClock: Pick<Clock, 'wallMs'>;
  /** This installation, as leases name it. */
  readonly place: string;
}

/**
 * A replaced key begins books of its own: what the old ones still have open would be forgotten, and
 * their halts would not count. Such a start is left to a person.
 *
 * @param at venue whose books are meant, and its time
 * @throws ConfigError naming the books that nobody trades, and the ways on
 */
export async function assertNoBooksLeft(
  tools: LeftBooksTools,
  at: { readonly venue: string; readonly marketMs: number },
): Promise<void> {
  const { settings, stores } = tools;
  if (settings.tradingMode !== 'live' || (await isNamedOnPurpose(tools, at.venue))) return;
  const own = accountOf(settings);
  const left: string[] = [];
  for (const { venue, account } of await stores.accounts.list(at.venue)) {
    if (account === own || account === PAPER_ACCOUNT) continue;
    const book = { venue, account };
    if (await isTradedElsewhere(tools, book)) continue;
    const open = await listOpen(tools, book, at.marketMs);
    if (open.length > 0) left.push(`${account} (${open.join(', ')})`);
  }
  if (left.length === 0) return;
  throw new ConfigError(
    `The books of another key at ${at.venue} are not over, and nobody trades them: ${left.join('; ')}. ` +
      'Set the old key again; or, where the new key is one of the same account, set LIVE_ACCOUNT to the ' +
      `name of these books; or, where it is one of another account, LIVE_ACCOUNT=${accountOfKey(settings)}`,
  );
}

/** By the key's own hash or by the name of books that exist: a slip of the pen is neither. */
async function isNamedOnPurpose(
  { settings, stores }: LeftBooksTools,
  venue: string,
): Promise<boolean> {
  const { liveAccount: account } = settings;
  if (account === 'auto') return false;
  if (account === accountOfKey(settings)) return true;
  return (await stores.accounts.find({ venue, account })) !== undefined;
}

/** What this installation held before a crash is nobody's. */
async function isTradedElsewhere(
  { stores, wallClock, place }: LeftBooksTools,
  book: BookKey,
): Promise<boolean> {
  const holder = await stores.leases.findHolder(book, wallClock.wallMs());
  return holder !== undefined && holder !== place;
}

async function listOpen(
  { stores }: LeftBooksTools,
  book: BookKey,
  marketMs: number,
): Promise<readonly string[]> {
  const counts = [
    ['open positions', await stores.positions.listOpen(book)],
    ['unsettled orders', await stores.orders.listUnsettled(book)],
    ['active halts', await stores.halts.listActive(book, marketMs)],
  ] as const;
  return counts
    .filter(([, rows]) => rows.length > 0)
    .map(([name, rows]) => `${name}: ${rows.length}`);
}
