import type { SeenNotice, TrainingNotice } from '../../domain/training-notice.js';
import type { Clock } from '../../lib/clock.js';
import type { Row } from '../connection/row.js';
import type { Database } from '../database/database.js';
import { databaseNow } from '../rows/database-now.js';
import { flag, json, number, rowCodec, text } from '../rows/row-codec.js';
import { upsertRow } from '../rows/write-rows.js';

const NOTICE = rowCodec<TrainingNotice>({
  venue: text(),
  version: text(),
  catalogueHash: text(),
  options: json(),
  folderMark: text(),
  hasFiles: flag(),
  isPaused: flag(),
  marketMs: number(),
  wallMs: number(),
  speed: number(),
});

/** What each venue's daemon tells its workers: one row a venue. */
export class NoticeStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async tell(notice: TrainingNotice): Promise<void> {
    const createdAt = this.#clock.wallMs();
    const now = await this.#now(createdAt);
    await upsertRow(this.#database, {
      table: 'training_notices',
      key: ['venue'],
      values: { ...NOTICE.encode(notice), told_at: now },
      whenNew: { created_at: createdAt },
    });
  }

  async list(): Promise<readonly SeenNotice[]> {
    const rows = await this.#database.run((knex) => {
      const now = databaseNow(this.#database, knex, this.#clock.wallMs());
      const age = knex.raw('? - told_at AS age_ms', [now]);
      return knex('training_notices').orderBy('venue').select<Row[]>('*', age);
    });
    return rows.map((row) => ({
      ...NOTICE.decode(row),
      ageMs: Math.max(0, Number(row['age_ms'])),
    }));
  }

  async #now(wallMs: number): Promise<number> {
    const row = await this.#database.run((knex) =>
      knex
        .select(knex.raw('? AS now_ms', [databaseNow(this.#database, knex, wallMs)]))
        .first<Row>(),
    );
    return Number(row['now_ms']);
  }
}
