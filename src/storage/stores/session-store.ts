import { assertSessionStep } from '../../domain/job-state.js';
import type { SessionKind, SessionStatus, TrainingSession } from '../../domain/training-job.js';
import { assertDefined } from '../../lib/invariant.js';
import type { Database } from '../database/database.js';
import { listRows } from '../rows/list-rows.js';
import { json, number, optional, rowCodec, text } from '../rows/row-codec.js';
import type { Page, Paged, Row, Versioned } from '../connection/row.js';

export type StoredSession = Versioned<TrainingSession>;

export interface SessionFilter {
  readonly kind?: SessionKind | undefined;
  /** Bounds of the wall time of creation, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const SESSION = rowCodec<StoredSession>({
  id: number(),
  uid: text(),
  kind: text(),
  name: text(),
  config: json(),
  status: text(),
  priority: text(),
  batchSize: number(),
  joinedJobs: optional(json()),
  rowVersion: number(),
  createdAt: number(),
});

/** Requests to train. */
export class SessionStore {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  async insert(session: TrainingSession): Promise<StoredSession> {
    const values = SESSION.encodePart({ ...session, rowVersion: 1 });
    await this.#database.run((knex) => knex('training_sessions').insert(values));
    return assertDefined(await this.find(session.uid), `session ${session.uid}`);
  }

  async find(uid: string): Promise<StoredSession | undefined> {
    const row = await this.#database.run((knex) =>
      knex('training_sessions').where({ uid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : SESSION.decode(row);
  }

  /**
   * Changes the session if its status is still `from`, and says whether it was.
   *
   * @param to.joinedJobs what a session that begins waits for besides its own jobs
   */
  change(
    uid: string,
    from: SessionStatus,
    to: Partial<Pick<TrainingSession, 'status' | 'joinedJobs'>>,
  ): Promise<boolean> {
    if (to.status !== undefined) assertSessionStep(from, to.status);
    return this.#database.run(async (knex) => {
      const changed = await knex('training_sessions')
        .where({ uid, status: from })
        .update({ ...SESSION.encodePart(to), row_version: knex.raw('row_version + 1') });
      return changed === 1;
    });
  }

  /** Sessions with that status as it was last set, newest first. */
  async listByStatus(status: SessionStatus): Promise<readonly StoredSession[]> {
    const rows = await this.#database.run((knex) =>
      knex('training_sessions').where({ status }).orderBy('id', 'desc').select<Row[]>('*'),
    );
    return rows.map((row) => SESSION.decode(row));
  }

  /** Newest first. */
  list(filter: SessionFilter, page: Page): Promise<Paged<StoredSession>> {
    const { from, to, kind } = filter;
    const table = 'training_sessions';
    const query = { table, equal: { kind }, timeColumn: 'created_at', from, to, page };
    return listRows(this.#database, query, (row) => SESSION.decode(row));
  }
}
