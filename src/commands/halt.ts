import type { Settings } from '../../config/settings.js';
import { tradingHalt } from '../api/contract/trading.js';
import { findLockHolder } from '../coordination/data-dir-lock.js';
import { outboxOf } from '../daemon/create-notifications.js';
import { openStorage } from '../daemon/open-storage.js';
import type { Halt } from '../domain/halt.js';
import type { BookKey } from '../domain/trade.js';
import type { Clock } from '../lib/clock.js';
import { RejectedError, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { newUid } from '../lib/uid.js';
import { openNotingStores } from '../notifications/noting-stores.js';
import type { Stores } from '../storage/stores.js';
import { DaemonClient } from './daemon-client.js';

export type TradingOrder =
  | { readonly kind: 'halt'; readonly reason: string; readonly isCloseAll: boolean }
  | { readonly kind: 'resume' };

export interface OrderTools {
  readonly settings: Settings;
  /** Who orders it. */
  readonly author: string;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

export interface OrderEnd {
  /** Who carried it out. */
  readonly by: 'daemon' | 'database';
  /** Books that it was written to, where no daemon took it: venue and account. */
  readonly books: readonly string[];
  /** Why entries are still frozen, or are now. */
  readonly halt: string | undefined;
  /** What was to be sold and is not sold yet, each with the reason. */
  readonly unsold: readonly string[];
}

/**
 * Orders a halt or its end: of the daemon that works with the same data folder, else in the database,
 * where daemons heed it within a second and at their next start.
 *
 * @throws RejectedError with the daemon's own words, and where there are no books to halt
 * @throws TransientError while neither daemon nor database answer
 */
export async function orderTrading(order: TradingOrder, tools: OrderTools): Promise<OrderEnd> {
  const holder = findLockHolder(tools.settings.dataDir);
  const address = holder?.program === undefined ? holder?.apiAddress : undefined;
  if (address === undefined) return orderInDatabase(order, tools);
  try {
    return await orderOfDaemon(order, tools, address);
  } catch (error) {
    if (!(error instanceof TransientError)) throw error;
    tools.logger.warn('The daemon does not answer: written to the database', { error });
    return orderInDatabase(order, tools);
  }
}

async function orderOfDaemon(
  order: TradingOrder,
  { settings, author, signal }: OrderTools,
  address: string,
): Promise<OrderEnd> {
  const { apiToken } = settings;
  const daemon = new DaemonClient({ getAddress: () => address, apiToken, signal });
  const { halt, unsold } =
    order.kind === 'resume'
      ? await daemon.post('/api/trading/resume', tradingHalt, { author })
      : await daemon.post('/api/trading/halt', tradingHalt, {
          reason: order.reason,
          close_all: order.isCloseAll,
          author,
        });
  const isSelling = order.kind === 'halt' && order.isCloseAll;
  return {
    by: 'daemon',
    books: [],
    halt: halt?.reason,
    unsold: isSelling
      ? unsold.map(({ uid, symbol, reason }) => `${symbol} (${uid}): ${reason}`)
      : [],
  };
}

async function orderInDatabase(
  order: TradingOrder,
  { settings, author, clock, logger, signal }: OrderTools,
): Promise<OrderEnd> {
  const { database, fallbackReason } = await openStorage(settings, { clock, logger, signal });
  try {
    if (fallbackReason !== undefined) {
      throw new TransientError(`The books are on MySQL, which does not answer: ${fallbackReason}`);
    }
    const stores = openNotingStores(database, clock, outboxOf(settings, 'order'));
    const all = await stores.accounts.listAll();
    const books = all.filter(({ venue }) => isVenueOf(venue, settings.exchange));
    if (books.length === 0) {
      throw new RejectedError(
        `There are no books of ${settings.exchange} yet. The file HALT_FILE halts a daemon from its start`,
      );
    }
    for (const book of books) await write(order, { book, stores, author, clock });
    return {
      by: 'database',
      books: books.map(({ venue, account }) => `${venue} ${account}`),
      halt: order.kind === 'halt' ? order.reason : undefined,
      unsold: await listHeld(order, books, stores),
    };
  } finally {
    await database.close();
  }
}

async function write(
  order: TradingOrder,
  written: {
    readonly book: BookKey;
    readonly stores: Stores;
    readonly author: string;
    readonly clock: Clock;
  },
): Promise<void> {
  const { book, stores, author, clock } = written;
  const at = await marketTimeOf(book, stores, clock);
  if (order.kind === 'resume') {
    await stores.halts.resume(book, { at, by: author });
    return;
  }
  const halt: Halt = {
    uid: newUid(clock.wallMs()),
    venue: book.venue,
    account: book.account,
    cause: 'person',
    reason: order.reason,
    author,
    haltedAt: at,
    until: undefined,
    isCloseAll: order.isCloseAll,
    resumedAt: undefined,
    resumedBy: undefined,
  };
  await stores.halts.insert(halt);
}

/** The demo's market has a time of its own: just after what its books last knew. */
async function marketTimeOf(book: BookKey, stores: Stores, clock: Clock): Promise<number> {
  if (!book.venue.startsWith('demo')) return clock.marketMs();
  const latest = await stores.equity.latest(book);
  return latest === undefined ? clock.marketMs() : latest.at + 1;
}

async function listHeld(
  order: TradingOrder,
  books: readonly BookKey[],
  stores: Stores,
): Promise<readonly string[]> {
  if (order.kind === 'resume' || !order.isCloseAll) return [];
  const held = await Promise.all(books.map((book) => stores.positions.listOpen(book)));
  return held.flat().map(({ symbol, uid }) => `${symbol} (${uid}): sold once a daemon trades`);
}

/** `binance`, `binance@host` and `demo:<hash>:<run>` are venues of their exchange. */
function isVenueOf(venue: string, exchange: string): boolean {
  return venue === exchange || venue.startsWith(`${exchange}@`) || venue.startsWith(`${exchange}:`);
}
