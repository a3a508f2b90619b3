import type { ModelKey } from '../../domain/model-key.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { keyColumns, MODEL_KEY, number, optional, rowCodec, text } from '../rows/row-codec.js';
import { upsertRow } from '../rows/write-rows.js';
import type { Row } from '../connection/row.js';

interface PinRow extends ModelKey {
  readonly modelUid: string | undefined;
  readonly pinnedAt: number;
}

/** A model that is not replaced by a promotion. */
export interface Pin extends PinRow {
  readonly modelUid: string;
}

const PIN = rowCodec<PinRow>({
  venue: text(),
  symbol: text(),
  timeframe: text(),
  bot: text(),
  modelUid: optional(text()),
  pinnedAt: number(),
});

/** Which model of a key a person wants to keep: one at most. */
export class PinStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Pins a model to its key in place of another, or takes the pin off where `modelUid` is undefined. */
  async set(key: ModelKey, modelUid: string | undefined, at: number): Promise<void> {
    await upsertRow(this.#database, {
      table: 'model_pins',
      key: MODEL_KEY,
      values: PIN.encode({ ...keyColumns(key), modelUid, pinnedAt: at }),
      whenNew: { created_at: this.#clock.wallMs() },
    });
  }

  find(key: ModelKey): Promise<Pin | undefined> {
    return this.#read(key, false);
  }

  /** Inside a transaction, after the key was locked: a plain read on MySQL may show an earlier state. */
  findLocked(key: ModelKey): Promise<Pin | undefined> {
    return this.#read(key, this.#database.engine === 'mysql');
  }

  async list(venue: string): Promise<readonly Pin[]> {
    const rows = await this.#database.run((knex) =>
      knex('model_pins').where({ venue }).whereNotNull('model_uid').select<Row[]>('*'),
    );
    return rows.flatMap((row) => toPin(PIN.decode(row)) ?? []);
  }

  async #read(key: ModelKey, isLocking: boolean): Promise<Pin | undefined> {
    const row = await this.#database.run((knex) => {
      const query = knex('model_pins').where(keyColumns(key));
      return (isLocking ? query.forUpdate() : query).first<Row | undefined>();
    });
    return row === undefined ? undefined : toPin(PIN.decode(row));
  }
}

function toPin(row: PinRow): Pin | undefined {
  const { modelUid } = row;
  return modelUid === undefined ? undefined : { ...row, modelUid };
}
