import type { ModelDrift } from '../../domain/model-drift.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import {
  json,
  keyColumns,
  MODEL_KEY,
  number,
  optional,
  rowCodec,
  text,
} from '../rows/row-codec.js';
import { upsertRow } from '../rows/write-rows.js';
import type { Row } from '../connection/row.js';

const DRIFT = rowCodec<ModelDrift>({
  venue: text(),
  symbol: text(),
  timeframe: text(),
  bot: text(),
  modelUid: text(),
  checkedAt: number(),
  retrainedAt: optional(number()),
  report: json(),
});

/** How far models have drifted: the last check of each key. */
export class DriftStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async find(key: ModelKey): Promise<ModelDrift | undefined> {
    const row = await this.#database.run((knex) =>
      knex('model_drift').where(keyColumns(key)).first<Row | undefined>(),
    );
    return row === undefined ? undefined : DRIFT.decode(row);
  }

  /** Of all models of the venue. */
  async list(venue: string): Promise<readonly ModelDrift[]> {
    const rows = await this.#database.run((knex) =>
      knex('model_drift').where({ venue }).select<Row[]>('*'),
    );
    return rows.map((row) => DRIFT.decode(row));
  }

  async set(drift: ModelDrift): Promise<void> {
    await upsertRow(this.#database, {
      table: 'model_drift',
      key: MODEL_KEY,
      values: DRIFT.encode(drift),
      whenNew: { created_at: this.#clock.wallMs() },
    });
  }
}
