import type { Knex } from 'knex';
import type { BookKey } from '../../domain/trade.js';
import { assertDefined } from '../../lib/invariant.js';
import type { Database } from '../database/database.js';
import { databaseNow } from '../rows/database-now.js';
import { bookColumns } from '../rows/row-codec.js';
import { insertMissing } from '../rows/write-rows.js';
import type { Row } from '../connection/row.js';

export interface LeaseRequest {
  readonly key: BookKey;
  /** Uid of the run that asks. */
  readonly holder: string;
  readonly ttlMs: number;
  /** This machine's wall time. MySQL goes by its own instead, so that two machines agree. */
  readonly nowMs: number;
}

export type LeaseResult =
  | { readonly status: 'held'; readonly expiresAt: number }
  | { readonly status: 'taken'; readonly holder: string; readonly expiresAt: number };

/** Nobody: a lease that was released, or never held. */
const NOBODY = '';

/**
 * Who may trade a set of books. Every step is one statement that the engine carries out alone, so two
 * daemons that ask at the same moment get two different answers.
 */
export class LeaseStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  /** Takes the lease when it is free, expired or already the holder's own. */
  async acquire(request: LeaseRequest): Promise<LeaseResult> {
    await insertMissing(this.#database, {
      table: 'leases',
      key: ['venue', 'account'],
      rows: [{ ...bookColumns(request.key), holder: NOBODY, expires_at: 0, row_version: 1 }],
    });
    await this.#database.run((knex) => {
      const now = databaseNow(this.#database, knex, request.nowMs);
      return knex('leases')
        .where(bookColumns(request.key))
        .where((free) => {
          void free.where('holder', request.holder).orWhere('expires_at', '<=', now);
        })
        .update(taken(knex, request, now));
    });
    return this.#result(request);
  }

  /** Prolongs the lease while nobody else has taken it. */
  async renew(request: LeaseRequest): Promise<LeaseResult> {
    await this.#database.run((knex) =>
      knex('leases')
        .where({ ...bookColumns(request.key), holder: request.holder })
        .update(taken(knex, request, databaseNow(this.#database, knex, request.nowMs))),
    );
    return this.#result(request);
  }

  /** Who holds the lease now; undefined where nobody does. */
  async findHolder(key: BookKey, nowMs: number): Promise<string | undefined> {
    const row = await this.#database.run((knex) =>
      knex('leases')
        .where(bookColumns(key))
        .where('expires_at', '>', databaseNow(this.#database, knex, nowMs))
        .whereNot('holder', NOBODY)
        .first<Row | undefined>('holder'),
    );
    return row === undefined ? undefined : String(row['holder']);
  }

  /** Frees the lease for others at once; another's lease is left alone. */
  async release(lease: { readonly key: BookKey; readonly holder: string }): Promise<void> {
    await this.#database.run((knex) =>
      knex('leases')
        .where({ ...bookColumns(lease.key), holder: lease.holder })
        .update({ holder: NOBODY, expires_at: 0, row_version: knex.raw('row_version + 1') }),
    );
  }

  async #result({ key, holder }: LeaseRequest): Promise<LeaseResult> {
    const row = await this.#database.run((knex) =>
      knex('leases').where(bookColumns(key)).first<Row | undefined>(),
    );
    const lease = assertDefined(row, `lease of ${key.venue} ${key.account}`);
    const expiresAt = Number(lease['expires_at']);
    const found = String(lease['holder']);
    return found === holder
      ? { status: 'held', expiresAt }
      : { status: 'taken', holder: found, expiresAt };
  }
}

function taken(knex: Knex, request: LeaseRequest, now: Knex.Raw): Record<string, unknown> {
  return {
    holder: request.holder,
    expires_at: knex.raw('? + ?', [now, request.ttlMs]),
    row_version: knex.raw('row_version + 1'),
  };
}
