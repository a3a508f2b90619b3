import { setImmediate } from 'node:timers/promises';
import { Money } from '../../domain/money.js';
import { cashChange, type BookKey, type Fill } from '../../domain/trade.js';
import type { Clock } from '../../lib/clock.js';
import { RejectedError } from '../../lib/errors.js';
import type { Database } from '../database/database.js';
import { insertOnce } from '../rows/write-rows.js';
import { listRows } from '../rows/list-rows.js';
import { bookColumns, money, number, omit, optional, rowCodec, text } from '../rows/row-codec.js';
import type { InsertStatus, Page, Paged, Row, Stored } from '../connection/row.js';

/** Fills added up between two turns of the event loop. */
const SUM_CHUNK_ROWS = 500;

export type StoredFill = Stored<Fill> & {
  /** Numbers the fills of one order from 1. */
  readonly sequence: number;
};

export interface FillFilter {
  readonly venue?: string | undefined;
  readonly account?: string | undefined;
  readonly symbol?: string | undefined;
  readonly side?: Fill['side'] | undefined;
  /** Bounds of the market time of the fill, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** A fee that was not taken in quote currency lies in two columns. */
type FillRow = Omit<StoredFill, 'fee'> & {
  readonly feeAmount: Money | undefined;
  readonly feeCurrency: string | undefined;
};

const FILL_ROW = rowCodec<FillRow>({
  id: number(),
  uid: text(),
  orderUid: text(),
  sequence: number(),
  venue: text(),
  account: text(),
  symbol: text(),
  side: text(),
  price: money(),
  sizeBase: money(),
  feeQuote: money(),
  feeAmount: optional(money()),
  feeCurrency: optional(text()),
  venueTradeId: optional(text()),
  filledAt: number(),
  createdAt: number(),
});

const FILL = {
  encode: (fill: Omit<StoredFill, 'id'>): Record<string, unknown> =>
    FILL_ROW.encodePart({
      ...omit(fill, ['fee']),
      feeAmount: fill.fee?.amount,
      feeCurrency: fill.fee?.currency,
    }),
  decode: (row: Row): StoredFill => {
    const { feeAmount: amount, feeCurrency: currency, ...plain } = FILL_ROW.decode(row);
    const isElsewhere = amount !== undefined && currency !== undefined;
    return { ...plain, fee: isElsewhere ? { amount, currency } : undefined };
  },
};

/** What changed hands. */
export class FillStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * Stores a fill once by its uid.
   *
   * @param sequence which fill of its order this is: an order that is filled in one piece has one,
   *   so that it cannot be filled twice under two uids
   * @throws RejectedError when the order has another fill of that sequence
   */
  async insert(
    fill: Fill,
    sequence = 1,
  ): Promise<{ readonly status: InsertStatus; readonly fill: StoredFill }> {
    if (!Number.isSafeInteger(sequence) || sequence < 1) {
      throw new RejectedError(`Sequence ${sequence} of fill ${fill.uid} is not a number from 1 up`);
    }
    const values = FILL.encode({ ...fill, sequence, createdAt: this.#clock.wallMs() });
    const inserted = await insertOnce(this.#database, { table: 'fills', values }, () =>
      this.find(fill.uid),
    );
    return { status: inserted.status, fill: inserted.row };
  }

  async find(uid: string): Promise<StoredFill | undefined> {
    const row = await this.#database.run((knex) =>
      knex('fills').where({ uid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : FILL.decode(row);
  }

  /** In their sequence. */
  async listByOrder(orderUid: string): Promise<readonly StoredFill[]> {
    const rows = await this.#database.run((knex) =>
      knex('fills').where({ order_uid: orderUid }).orderBy('sequence').select<Row[]>('*'),
    );
    return rows.map((row) => FILL.decode(row));
  }

  /** Newest first. */
  list(filter: FillFilter, page: Page): Promise<Paged<StoredFill>> {
    const { from, to, venue, account, symbol, side } = filter;
    const equal = { venue, account, symbol, side };
    const query = { table: 'fills', equal, timeColumn: 'filled_at', from, to, page };
    return listRows(this.#database, query, (row) => FILL.decode(row));
  }

  /** Exact change of cash over all fills, in quote currency: proceeds less costs less fees. */
  async sumCash(book: BookKey): Promise<Money> {
    let sum = new Money(0);
    let lastId = 0;
    for (;;) {
      const fills = await this.#chunkAfter(book, lastId);
      for (const fill of fills) sum = sum.plus(cashChange(fill));
      const last = fills.at(-1);
      if (fills.length < SUM_CHUNK_ROWS || last === undefined) return sum;
      lastId = last.id;
      await setImmediate();
    }
  }

  async #chunkAfter(book: BookKey, id: number): Promise<readonly StoredFill[]> {
    const rows = await this.#database.run((knex) =>
      knex('fills')
        .where(bookColumns(book))
        .where('id', '>', id)
        .orderBy('id')
        .limit(SUM_CHUNK_ROWS)
        .select<Row[]>('*'),
    );
    return rows.map((row) => FILL.decode(row));
  }
}
