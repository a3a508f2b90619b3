import type { QueueWorker, SeenWorker } from '../../domain/queue-worker.js';
import type { Clock } from '../../lib/clock.js';
import type { Row } from '../connection/row.js';
import type { Database } from '../database/database.js';
import { databaseNow } from '../rows/database-now.js';
import { json, number, optional, rowCodec, text } from '../rows/row-codec.js';

const NAMES = json<readonly string[]>();

const WORKER = rowCodec<QueueWorker>({
  uid: text(),
  venue: text(),
  host: text(),
  pid: number(),
  version: text(),
  catalogueHash: text(),
  cores: number(),
  memoryMb: number(),
  accelerator: optional(text()),
  queues: json(),
  concurrency: number(),
  // NULL of a worker from before the column.
  bots: { ...NAMES, decode: (stored) => (stored === null ? [] : NAMES.decode(stored)) },
  status: text(),
  reason: optional(text()),
  startedAt: number(),
});

/** Rows of workers that have been silent for longer are of no use to anybody. */
const KEPT_MS = 7 * 24 * 3_600_000;
const MOST_WORKERS = 1000;

/** Processes that work off the queue, each with its last sign of life by the database's clock. */
export class WorkerStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Adds a worker, and forgets those that were silent for a week. */
  async register(worker: QueueWorker): Promise<void> {
    const createdAt = this.#clock.wallMs();
    await this.#database.run(async (knex) => {
      const now = databaseNow(this.#database, knex, createdAt);
      await knex('workers')
        .where('seen_at', '<', knex.raw('? - ?', [now, KEPT_MS]))
        .delete();
      await knex('workers').insert({
        ...WORKER.encode(worker),
        seen_at: now,
        row_version: 1,
        created_at: createdAt,
      });
    });
  }

  /** A sign of life; with it what has changed. @returns the silence before it, undefined for an unknown worker */
  async beat(
    uid: string,
    change: Partial<Pick<QueueWorker, 'status' | 'reason' | 'bots' | 'accelerator'>> = {},
  ): Promise<number | undefined> {
    return this.#database.run(async (knex) => {
      const now = databaseNow(this.#database, knex, this.#clock.wallMs());
      const row = await knex('workers')
        .where({ uid })
        .first<Row | undefined>(knex.raw('? - seen_at AS silent_ms', [now]));
      await knex('workers')
        .where({ uid })
        .update({
          ...WORKER.encodePart(change),
          seen_at: now,
          row_version: knex.raw('row_version + 1'),
        });
      return row === undefined ? undefined : Number(row['silent_ms']);
    });
  }

  /** The newest first. */
  async list(venue?: string): Promise<readonly SeenWorker[]> {
    const rows = await this.#database.run((knex) =>
      knex('workers')
        .where(venue === undefined ? {} : { venue })
        .orderBy([
          { column: 'started_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .limit(MOST_WORKERS)
        .select<Row[]>(
          '*',
          knex.raw('? - seen_at AS silent_ms', [
            databaseNow(this.#database, knex, this.#clock.wallMs()),
          ]),
        ),
    );
    return rows.map((row) => ({ ...WORKER.decode(row), silentMs: Number(row['silent_ms']) }));
  }
}
