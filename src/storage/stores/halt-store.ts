import type { Halt } from '../../domain/halt.js';
import type { BookKey } from '../../domain/trade.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { bookColumns, flag, number, optional, rowCodec, text } from '../rows/row-codec.js';
import { insertOnce } from '../rows/write-rows.js';
import type { Row } from '../connection/row.js';

const HALT = rowCodec<Halt>({
  uid: text(),
  venue: text(),
  account: text(),
  cause: text(),
  reason: text(),
  author: text(),
  haltedAt: number(),
  until: optional(number()),
  isCloseAll: flag(),
  resumedAt: optional(number()),
  resumedBy: optional(text()),
});

export interface Resumption {
  /** Market time. */
  readonly at: number;
  readonly by: string;
  /** Uids of the halts that are meant; default: all. */
  readonly only?: readonly string[];
}

/** What freezes the entries of a book, and what did. */
export class HaltStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Stores a halt, once. */
  async insert(halt: Halt): Promise<void> {
    const createdAt = this.#clock.wallMs();
    const values = { ...HALT.encode(halt), row_version: 1, created_at: createdAt };
    await insertOnce(this.#database, { table: 'halts', values }, () => this.#find(halt.uid));
  }

  /** Halts that nobody has ended and that have not ended by themselves at that market time, oldest first. */
  async listActive(book: BookKey, atMs: number): Promise<readonly Halt[]> {
    const rows = await this.#database.run((knex) =>
      knex('halts')
        .where(bookColumns(book))
        .whereNull('resumed_at')
        .whereRaw('(until IS NULL OR until > ?)', [atMs])
        .orderBy(['halted_at', 'id'])
        .select<Row[]>('*'),
    );
    return rows.map((row) => HALT.decode(row));
  }

  /** Ends the halts of the book that are active then. @returns how many */
  resume(book: BookKey, { at, by, only }: Resumption): Promise<number> {
    return this.#database.run((knex) => {
      const query = knex('halts')
        .where(bookColumns(book))
        .whereNull('resumed_at')
        .whereRaw('(until IS NULL OR until > ?)', [at]);
      if (only !== undefined) void query.whereIn('uid', [...only]);
      const end = { resumed_at: at, resumed_by: by, row_version: knex.raw('row_version + 1') };
      return query.update(end);
    });
  }

  /** Market time at which a person last resumed trading; undefined when nobody did. */
  async lastResumedAt(book: BookKey): Promise<number | undefined> {
    const row = await this.#database.run((knex) =>
      knex('halts')
        .where(bookColumns(book))
        .max<{ last: number | string | null }[]>({ last: 'resumed_at' })
        .first(),
    );
    const last = row?.last ?? undefined;
    return last === undefined ? undefined : Number(last);
  }

  #find(uid: string): Promise<Row | undefined> {
    return this.#database.run((knex) => knex('halts').where({ uid }).first<Row | undefined>());
  }
}
