import type { ModelDrift } from '../../domain/model-drift.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { keyColumns } from '../rows/key-columns.js';
import { json, number, optional, rowCodec, text } from '../rows/row-codec.js';
import type { Row } from '../engine/row.js';

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

/** How far models have drifted: the last look at each key. */
export class DriftStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  async find(key: ModelKey): Promise<ModelDrift | undefined> {
    const row = await this.database.run((knex) =>
      knex('model_drift').where(keyColumns(key)).first<Row | undefined>(),
    );
    return row === undefined ? undefined : DRIFT.decode(row);
  }

  async set(drift: ModelDrift): Promise<void> {
    const columns = DRIFT.encode(drift);
    const created = { created_at: this.clock.wallMs() };
    await this.database.run((knex) =>
      knex('model_drift')
        .insert({ ...columns, ...created, row_version: 1 })
        .onConflict(['venue', 'symbol', 'timeframe', 'bot'])
        .merge({ ...columns, row_version: knex.raw('model_drift.row_version + 1') }),
    );
  }
}
