import { HELD_STATUSES, type BookKey, type Position } from '../../domain/trade.js';
import type { Clock } from '../../lib/clock.js';
import { assertDefined } from '../../lib/invariant.js';
import type { Database } from '../database/database.js';
import { listRows } from '../rows/list-rows.js';
import {
  bookColumns,
  LOCAL_PROPERTIES,
  money,
  number,
  omit,
  optional,
  rowCodec,
  text,
} from '../rows/row-codec.js';
import type { Page, Paged, Row, Versioned } from '../connection/row.js';
import { updateVersioned } from '../rows/write-rows.js';

export type StoredPosition = Versioned<Position>;

export interface PositionFilter {
  readonly venue?: string | undefined;
  readonly account?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: string | undefined;
  readonly bot?: string | undefined;
  /** `held` for all that have not ended. */
  readonly status?: Position['status'] | 'held' | undefined;
  /** Bounds of the market time of opening, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const POSITION = rowCodec<StoredPosition>({
  id: number(),
  uid: text(),
  venue: text(),
  account: text(),
  symbol: text(),
  timeframe: text(),
  bot: text(),
  status: text(),
  decisionUid: text(),
  sizeBase: money(),
  soldBase: optional(money()),
  entryPrice: optional(money()),
  exitPrice: optional(money()),
  stopPrice: optional(money()),
  targetPrice: optional(money()),
  trailingPrice: optional(money()),
  trailingAt: optional(number()),
  holdUntil: optional(number()),
  exitReason: optional(text()),
  realizedPnl: optional(money()),
  openedAt: number(),
  closedAt: optional(number()),
  rowVersion: number(),
  createdAt: number(),
});

/** What is held, and what was. */
export class PositionStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async insert(position: Position): Promise<StoredPosition> {
    const values = POSITION.encodePart({
      ...omit(position, LOCAL_PROPERTIES),
      rowVersion: 1,
      createdAt: this.#clock.wallMs(),
    });
    await this.#database.run((knex) => knex('positions').insert(values));
    return assertDefined(await this.find(position.uid), `position ${position.uid}`);
  }

  /**
   * Stores the position as it is now.
   *
   * @throws RejectedError when it is no longer at the version that the change was made from
   */
  async update(position: Position, expectedRowVersion: number): Promise<StoredPosition> {
    const columns = POSITION.encodePart(omit(position, LOCAL_PROPERTIES));
    const change = { table: 'positions', uid: position.uid, columns, expectedRowVersion };
    return POSITION.decode(await updateVersioned(this.#database, change));
  }

  async find(uid: string): Promise<StoredPosition | undefined> {
    const row = await this.#database.run((knex) =>
      knex('positions').where({ uid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : POSITION.decode(row);
  }

  /** Positions that are opening, open or closing, oldest first. */
  async listOpen(book: BookKey): Promise<readonly StoredPosition[]> {
    const rows = await this.#database.run((knex) =>
      knex('positions')
        .where(bookColumns(book))
        .whereIn('status', HELD_STATUSES)
        .orderBy(['opened_at', 'id'])
        .select<Row[]>('*'),
    );
    return rows.map((row) => POSITION.decode(row));
  }

  /** Positions that were closed since that market time, in the order in which they were. */
  async listClosedSince(book: BookKey, sinceMs: number): Promise<readonly StoredPosition[]> {
    const rows = await this.#database.run((knex) =>
      knex('positions')
        .where({ ...bookColumns(book), status: 'closed' })
        .where('closed_at', '>=', sinceMs)
        .orderBy(['closed_at', 'id'])
        .select<Row[]>('*'),
    );
    return rows.map((row) => POSITION.decode(row));
  }

  /** Market time of the newest exit from the symbol; undefined when there was none. */
  async lastExitAt(book: BookKey, symbol: string): Promise<number | undefined> {
    const row = await this.#database.run((knex) =>
      knex('positions')
        .where({ ...bookColumns(book), symbol, status: 'closed' })
        .max<{ last: number | string | null }[]>({ last: 'closed_at' })
        .first(),
    );
    const last = row?.last ?? undefined;
    return last === undefined ? undefined : Number(last);
  }

  /** Newest first. */
  list(filter: PositionFilter, page: Page): Promise<Paged<StoredPosition>> {
    const { from, to, venue, account, symbol, timeframe, bot, status } = filter;
    const isHeld = status === 'held';
    const equal = { venue, account, symbol, timeframe, bot, status: isHeld ? undefined : status };
    const either = isHeld ? { status: HELD_STATUSES } : undefined;
    const query = { table: 'positions', equal, either, timeColumn: 'opened_at', from, to, page };
    return listRows(this.#database, query, (row) => POSITION.decode(row));
  }
}
