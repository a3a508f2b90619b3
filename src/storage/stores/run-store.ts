import type { Clock } from '../../lib/clock.js';
import { assertDefined } from '../../lib/invariant.js';
import type { Database } from '../database/database.js';
import { listRows } from '../rows/list-rows.js';
import { json, number, optional, rowCodec, text } from '../rows/row-codec.js';
import type { Page, Paged, Row, Versioned } from '../connection/row.js';

/** One life of the daemon. Times are wall times. */
export interface Run {
  readonly uid: string;
  readonly version: string;
  readonly settingsHash: string;
  /** The settings that trading goes by, by the names of their variables; undefined for a run of an earlier version. */
  readonly settings?: Readonly<Record<string, unknown>> | undefined;
  readonly venue: string;
  readonly startedAt: number;
  readonly pid: number;
  readonly host: string;
  readonly endedAt: number | undefined;
  /** Why it ended; `crashed` when it was found dead. */
  readonly exitReason: string | undefined;
}

export type StoredRun = Versioned<Run>;

const RUN = rowCodec<StoredRun>({
  id: number(),
  uid: text(),
  version: text(),
  settingsHash: text(),
  settings: optional(json()),
  venue: text(),
  startedAt: number(),
  pid: number(),
  host: text(),
  endedAt: optional(number()),
  exitReason: optional(text()),
  rowVersion: number(),
  createdAt: number(),
});

/** Which program ran when, with which settings. */
export class RunStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async begin(run: Omit<Run, 'endedAt' | 'exitReason'>): Promise<StoredRun> {
    const values = RUN.encodePart({ ...run, rowVersion: 1, createdAt: this.#clock.wallMs() });
    await this.#database.run((knex) => knex('runs').insert(values));
    return assertDefined(await this.find(run.uid), `run ${run.uid}`);
  }

  /** A run that was already marked as ended keeps its reason. */
  async end(
    uid: string,
    end: { readonly endedAt: number; readonly exitReason: string },
  ): Promise<void> {
    await this.#database.run((knex) =>
      knex('runs')
        .where({ uid })
        .whereNull('ended_at')
        .update({ ...RUN.encodePart(end), row_version: knex.raw('row_version + 1') }),
    );
  }

  /**
   * Marks every run without an end as crashed, except the one that asks.
   *
   * @param host only runs of that machine: on a shared database the others may well be alive
   * @returns how many there were
   */
  markCrashed(exceptUid: string, host?: string): Promise<number> {
    return this.#database.run((knex) => {
      const query = knex('runs').whereNull('ended_at').whereNot({ uid: exceptUid });
      if (host !== undefined) void query.where({ host });
      return query.update({
        ...RUN.encodePart({ endedAt: this.#clock.wallMs(), exitReason: 'crashed' }),
        row_version: knex.raw('row_version + 1'),
      });
    });
  }

  async find(uid: string): Promise<StoredRun | undefined> {
    const row = await this.#database.run((knex) =>
      knex('runs').where({ uid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : RUN.decode(row);
  }

  /** Newest first. */
  list(filter: { readonly venue?: string | undefined }, page: Page): Promise<Paged<StoredRun>> {
    const equal = { venue: filter.venue };
    const query = { table: 'runs', equal, timeColumn: 'started_at', page };
    return listRows(this.#database, query, (row) => RUN.decode(row));
  }
}
