import type { BookKey, Order } from '../../domain/trade.js';
import type { Clock } from '../../lib/clock.js';
import { RejectedError } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import type { Database } from '../database/database.js';
import { listRows } from '../rows/list-rows.js';
import { bookColumns, money, number, optional, rowCodec, text } from '../rows/row-codec.js';
import type { Page, Paged, Row, Versioned } from '../connection/row.js';

export type StoredOrder = Versioned<Order>;

export interface OrderFilter {
  readonly venue?: string | undefined;
  readonly account?: string | undefined;
  readonly symbol?: string | undefined;
  readonly status?: Order['status'] | undefined;
  readonly side?: Order['side'] | undefined;
  readonly positionUid?: string | undefined;
  /** Bounds of the market time of the intent, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** How an order ended. */
export interface Settlement {
  readonly status: Exclude<Order['status'], 'intended' | 'sent'>;
  readonly settledAt: number;
  /** Replaces the order's reason, where given. */
  readonly reason?: string | undefined;
}

const ORDER = rowCodec<StoredOrder>({
  id: number(),
  uid: text(),
  clientOrderId: text(),
  positionUid: text(),
  venue: text(),
  account: text(),
  symbol: text(),
  side: text(),
  kind: text(),
  sizeBase: money(),
  price: optional(money()),
  stopPrice: optional(money()),
  venueOrderId: optional(text()),
  status: text(),
  reason: text(),
  intendedAt: number(),
  settledAt: optional(number()),
  rowVersion: number(),
  createdAt: number(),
});

const UNSETTLED = ['intended', 'sent'];
const GIVEN_UP = ['rejected', 'canceled'];
const MOST_GIVEN_UP = 1_000;

/** Intents and what became of them. */
export class OrderStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async insert(order: Order): Promise<StoredOrder> {
    const values = ORDER.encodePart({ ...order, rowVersion: 1, createdAt: this.#clock.wallMs() });
    await this.#database.run((knex) => knex('orders').insert(values));
    return assertDefined(await this.find(order.uid), `order ${order.uid}`);
  }

  /** @throws RejectedError when the order is already settled differently, or unknown */
  async settle(uid: string, settlement: Settlement): Promise<StoredOrder> {
    const { status, settledAt, reason } = settlement;
    const columns: Record<string, unknown> = { status, settled_at: settledAt };
    if (reason !== undefined) columns['reason'] = reason;
    await this.#database.run((knex) =>
      knex('orders')
        .where({ uid })
        .whereIn('status', UNSETTLED)
        .update({ ...columns, row_version: knex.raw('row_version + 1') }),
    );
    const order = await this.find(uid);
    if (order?.status === status) return order;
    throw new RejectedError(`Order ${uid} is ${order?.status ?? 'unknown'}, not to be ${status}`);
  }

  /** Notes that the exchange has confirmed the order. An order that is settled stays so. */
  async markSent(uid: string, venueOrderId: string | undefined): Promise<void> {
    await this.#database.run((knex) =>
      knex('orders')
        .where({ uid, status: 'intended' })
        .update({
          status: 'sent',
          venue_order_id: venueOrderId ?? null,
          row_version: knex.raw('row_version + 1'),
        }),
    );
  }

  async find(uid: string): Promise<StoredOrder | undefined> {
    const row = await this.#database.run((knex) =>
      knex('orders').where({ uid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : ORDER.decode(row);
  }

  async findByClientId(clientOrderId: string): Promise<StoredOrder | undefined> {
    const row = await this.#database.run((knex) =>
      knex('orders').where({ client_order_id: clientOrderId }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : ORDER.decode(row);
  }

  /** Orders that are not over, oldest first. */
  async listUnsettled(book: BookKey): Promise<readonly StoredOrder[]> {
    const rows = await this.#database.run((knex) =>
      knex('orders')
        .where(bookColumns(book))
        .whereIn('status', UNSETTLED)
        .orderBy(['intended_at', 'id'])
        .select<Row[]>('*'),
    );
    return rows.map((row) => ORDER.decode(row));
  }

  /** Orders that ended without being filled since that market time, the newest of them first. */
  async listGivenUp(book: BookKey, since: number): Promise<readonly StoredOrder[]> {
    const rows = await this.#database.run((knex) =>
      knex('orders')
        .where(bookColumns(book))
        .whereIn('status', GIVEN_UP)
        .where('settled_at', '>=', since)
        .orderBy([
          { column: 'settled_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(MOST_GIVEN_UP)
        .select<Row[]>('*'),
    );
    return rows.map((row) => ORDER.decode(row));
  }

  /** Newest first. */
  list(filter: OrderFilter, page: Page): Promise<Paged<StoredOrder>> {
    const { from, to, venue, account, symbol, status, side, positionUid } = filter;
    const equal = { venue, account, symbol, status, side, position_uid: positionUid };
    const query = { table: 'orders', equal, timeColumn: 'intended_at', from, to, page };
    return listRows(this.#database, query, (row) => ORDER.decode(row));
  }
}
