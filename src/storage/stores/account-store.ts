import type { Money } from '../../domain/money.js';
import type { BookKey } from '../../domain/trade.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { insertOnce } from '../rows/write-rows.js';
import { bookColumns, money, number, rowCodec, text } from '../rows/row-codec.js';
import type { Row } from '../connection/row.js';

/** Where a set of books began. */
export interface Account extends BookKey {
  /** Quote currency that cash and equity are counted in. */
  readonly currency: string;
  readonly initialEquity: Money;
}

export type StoredAccount = Account & {
  /** Wall time. */
  readonly createdAt: number;
};

const ACCOUNT = rowCodec<StoredAccount>({
  venue: text(),
  account: text(),
  currency: text(),
  initialEquity: money(),
  createdAt: number(),
});

/** The books that were ever opened. */
export class AccountStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The account as it was first stored: a later wish for another equity does not rewrite history. */
  async ensure(account: Account): Promise<StoredAccount> {
    const known = await this.find(account);
    if (known !== undefined) return known;
    const values = ACCOUNT.encode({ ...account, createdAt: this.#clock.wallMs() });
    const inserted = await insertOnce(this.#database, { table: 'accounts', values }, () =>
      this.find(account),
    );
    return inserted.row;
  }

  /** Every set of books of a venue, oldest first. */
  async list(venue: string): Promise<readonly StoredAccount[]> {
    const rows = await this.#database.run((knex) =>
      knex('accounts').where({ venue }).orderBy(['created_at', 'account']).select<Row[]>('*'),
    );
    return rows.map((row) => ACCOUNT.decode(row));
  }

  /** Every set of books of the database. */
  async listAll(): Promise<readonly StoredAccount[]> {
    const rows = await this.#database.run((knex) =>
      knex('accounts').orderBy(['created_at', 'venue', 'account']).select<Row[]>('*'),
    );
    return rows.map((row) => ACCOUNT.decode(row));
  }

  async find(book: BookKey): Promise<StoredAccount | undefined> {
    const row = await this.#database.run((knex) =>
      knex('accounts').where(bookColumns(book)).first<Row | undefined>(),
    );
    return row === undefined ? undefined : ACCOUNT.decode(row);
  }
}
