import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { flag, number, optional, rowCodec, text } from '../rows/row-codec.js';
import { upsertRow } from '../rows/write-rows.js';
import type { Row } from '../connection/row.js';

/** How far a schedule has been kept. */
export interface ScheduleState {
  readonly venue: string;
  readonly name: string;
  /** Expression and time zone. */
  readonly rule: string;
  /** Market time up to which nothing is due any more. */
  readonly settledUntil: number;
  /** The session that was begun last. */
  readonly sessionUid: string | undefined;
  /** That session's end has been announced. */
  readonly isConcluded: boolean;
}

const SCHEDULE = rowCodec<ScheduleState>({
  venue: text(),
  name: text(),
  rule: text(),
  settledUntil: number(),
  sessionUid: optional(text()),
  isConcluded: flag(),
});

/** What schedules have done: one entry for each of a venue. */
export class ScheduleStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @param options.isLocked inside a transaction: no other one changes it before that has ended */
  async find(
    venue: string,
    name: string,
    { isLocked = false }: { readonly isLocked?: boolean } = {},
  ): Promise<ScheduleState | undefined> {
    const row = await this.#database.run((knex) => {
      const query = knex('training_schedules').where({ venue, name });
      // SQLite has one writer at a time anyway.
      const isLocking = isLocked && this.#database.engine === 'mysql';
      return (isLocking ? query.forUpdate() : query).first<Row | undefined>();
    });
    return row === undefined ? undefined : SCHEDULE.decode(row);
  }

  /** Replaces the schedule's state. */
  async set(state: ScheduleState): Promise<void> {
    await upsertRow(this.#database, {
      table: 'training_schedules',
      key: ['venue', 'name'],
      values: SCHEDULE.encode(state),
      whenNew: { created_at: this.#clock.wallMs() },
    });
  }
}
