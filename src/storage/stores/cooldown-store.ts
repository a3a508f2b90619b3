import type { ModelKey } from '../../domain/model-key.js';
import type { TrainingCooldown } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { keyColumns, MODEL_KEY, number, optional, rowCodec, text } from '../rows/row-codec.js';
import { upsertRow } from '../rows/write-rows.js';
import type { Row } from '../connection/row.js';

const COOLDOWN = rowCodec<TrainingCooldown>({
  venue: text(),
  symbol: text(),
  timeframe: text(),
  bot: text(),
  kind: text(),
  until: number(),
  notBeforeOpenTime: optional(number()),
  reason: text(),
});

/** Until when a key is not trained again: one entry a key. */
export class CooldownStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Replaces the key's cooldown. */
  async set(cooldown: TrainingCooldown): Promise<void> {
    await upsertRow(this.#database, {
      table: 'training_cooldowns',
      key: MODEL_KEY,
      values: COOLDOWN.encode(cooldown),
      whenNew: { created_at: this.#clock.wallMs() },
    });
  }

  async find(key: ModelKey): Promise<TrainingCooldown | undefined> {
    const row = await this.#database.run((knex) =>
      knex('training_cooldowns').where(keyColumns(key)).first<Row | undefined>(),
    );
    return row === undefined ? undefined : COOLDOWN.decode(row);
  }

  async clear(key: ModelKey): Promise<void> {
    await this.#database.run((knex) => knex('training_cooldowns').where(keyColumns(key)).delete());
  }

  /** Soonest to end first. */
  async list(venue: string): Promise<readonly TrainingCooldown[]> {
    const rows = await this.#database.run((knex) =>
      knex('training_cooldowns').where({ venue }).orderBy('until').select<Row[]>('*'),
    );
    return rows.map((row) => COOLDOWN.decode(row));
  }
}
