import type { Reconciliation } from '../../domain/trade.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { listRows } from '../rows/list-rows.js';
import { json, number, rowCodec, text } from '../rows/row-codec.js';
import { insertOnce } from '../rows/write-rows.js';
import type { Page, Paged, Row } from '../connection/row.js';

export interface ReconciliationFilter {
  readonly venue?: string | undefined;
  readonly account?: string | undefined;
  /** Bounds of its market time, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const RECONCILIATION = rowCodec<Reconciliation>({
  uid: text(),
  venue: text(),
  account: text(),
  trigger: text('trigger_reason'),
  differences: json(),
  reconciledAt: number(),
});

/** What differed between the books and the account, and what was done about it. */
export class ReconciliationStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async insert(reconciliation: Reconciliation): Promise<void> {
    const createdAt = this.#clock.wallMs();
    const values = { ...RECONCILIATION.encode(reconciliation), created_at: createdAt };
    await insertOnce(this.#database, { table: 'reconciliations', values }, () =>
      this.#find(reconciliation.uid),
    );
  }

  /** Newest first. */
  list(filter: ReconciliationFilter, page: Page): Promise<Paged<Reconciliation>> {
    const { from, to, venue, account } = filter;
    const equal = { venue, account };
    const query = {
      table: 'reconciliations',
      equal,
      timeColumn: 'reconciled_at',
      from,
      to,
      page,
    };
    return listRows(this.#database, query, (row) => RECONCILIATION.decode(row));
  }

  async #find(uid: string): Promise<Reconciliation | undefined> {
    const row = await this.#database.run((knex) =>
      knex('reconciliations').where({ uid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : RECONCILIATION.decode(row);
  }
}
