import type { BookKey, EquityPoint } from '../../domain/trade.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { listRows } from '../rows/list-rows.js';
import { bookColumns, money, number, rowCodec, text } from '../rows/row-codec.js';
import { upsertRow } from '../rows/write-rows.js';
import type { Page, Paged, Row, Stored } from '../connection/row.js';

export interface EquityFilter {
  readonly venue?: string | undefined;
  readonly account?: string | undefined;
  /** Bounds of the market time, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const POINT = rowCodec<Stored<EquityPoint>>({
  id: number(),
  venue: text(),
  account: text(),
  at: number(),
  cash: money(),
  positionsValue: money(),
  equity: money(),
  createdAt: number(),
});

/** What the books were worth, over time. */
export class EquityStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Of two points at the same market time the later one stands. */
  async insert(point: EquityPoint): Promise<void> {
    await upsertRow(this.#database, {
      table: 'equity',
      key: ['venue', 'account', 'at'],
      values: POINT.encodePart({ ...point, createdAt: this.#clock.wallMs() }),
      whenNew: {},
    });
  }

  /** Newest first. */
  list(filter: EquityFilter, page: Page): Promise<Paged<Stored<EquityPoint>>> {
    const { from, to, venue, account } = filter;
    const query = { table: 'equity', equal: { venue, account }, timeColumn: 'at', from, to, page };
    return listRows(this.#database, query, (row) => POINT.decode(row));
  }

  /** The highest value since that market time, and the first. */
  async marksSince(
    book: BookKey,
    since: { readonly peakFrom: number; readonly firstFrom: number },
  ): Promise<{
    readonly highest: Stored<EquityPoint> | undefined;
    readonly first: Stored<EquityPoint> | undefined;
  }> {
    const [highest] = await this.#since(book, since.peakFrom, 'equity');
    const [first] = await this.#since(book, since.firstFrom, 'at');
    return { highest, first };
  }

  async #since(book: BookKey, fromMs: number, by: 'equity' | 'at'): Promise<Stored<EquityPoint>[]> {
    const rows = await this.#database.run((knex) => {
      const query = knex('equity').where(bookColumns(book)).where('at', '>=', fromMs).limit(1);
      // Decimals are text in both engines: added to 0 they are compared as numbers.
      return (by === 'at' ? query : query.orderByRaw('equity + 0 DESC'))
        .orderBy('at')
        .select<Row[]>('*');
    });
    return rows.map((row) => POINT.decode(row));
  }

  async latest(book: BookKey): Promise<Stored<EquityPoint> | undefined> {
    const row = await this.#database.run((knex) =>
      knex('equity').where(bookColumns(book)).orderBy('at', 'desc').first<Row | undefined>(),
    );
    return row === undefined ? undefined : POINT.decode(row);
  }
}
