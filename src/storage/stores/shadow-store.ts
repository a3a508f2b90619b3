import type { ModelKey } from '../../domain/model-key.js';
import type { ShadowAnswer, ShadowModel, ShadowStatus } from '../../domain/shadow-model.js';
import type { Clock } from '../../lib/clock.js';
import type { InsertStatus, Page, Paged, Row } from '../connection/row.js';
import type { Database } from '../database/database.js';
import { listRows } from '../rows/list-rows.js';
import { json, keyColumns, number, optional, rowCodec, text } from '../rows/row-codec.js';
import { insertOnce } from '../rows/write-rows.js';

export interface ShadowFilter {
  readonly venue?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: string | undefined;
  readonly bot?: string | undefined;
  readonly status?: ShadowStatus | undefined;
}

const TABLE = 'shadow_models';
const ANSWERS = 'shadow_answers';

const SHADOW = rowCodec<ShadowModel>({
  uid: text(),
  venue: text(),
  symbol: text(),
  timeframe: text(),
  bot: text(),
  experimentUid: text(),
  variant: text(),
  trialUid: text(),
  status: text(),
  reason: optional(text()),
  record: optional(json()),
  modelPath: optional(text()),
  manifestSha256: optional(text('manifest_sha256')),
  createdAt: number(),
  endedAt: optional(number()),
});

/** Models of variants that answer beside the serving ones, and what they said. */
export class ShadowStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async insert(shadow: ShadowModel): Promise<void> {
    const values = { ...SHADOW.encode(shadow), row_version: 1 };
    await this.#database.run((knex) => knex(TABLE).insert(values));
  }

  async find(uid: string): Promise<ShadowModel | undefined> {
    const row = await this.#database.run((knex) =>
      knex(TABLE).where({ uid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : SHADOW.decode(row);
  }

  async findByTrial(trialUid: string): Promise<ShadowModel | undefined> {
    const row = await this.#database.run((knex) =>
      knex(TABLE).where({ trial_uid: trialUid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : SHADOW.decode(row);
  }

  /** Newest first. */
  list(filter: ShadowFilter, page: Page): Promise<Paged<ShadowModel>> {
    const { venue, symbol, timeframe, bot, status } = filter;
    const equal = { venue, symbol, timeframe, bot, status };
    const query = { table: TABLE, equal, timeColumn: 'created_at', page };
    return listRows(this.#database, query, (row) => SHADOW.decode(row));
  }

  /** Those that answer for a key. */
  async listAnswering(key: ModelKey): Promise<readonly ShadowModel[]> {
    const rows = await this.#database.run((knex) =>
      knex(TABLE)
        .where({ ...keyColumns(key), status: 'answering' })
        .orderBy('id')
        .select<Row[]>('*'),
    );
    return rows.map((row) => SHADOW.decode(row));
  }

  /** Changes it if its status is still one of these, and says whether it was. */
  change(
    uid: string,
    from: readonly ShadowStatus[],
    to: Partial<Omit<ShadowModel, 'uid'>>,
  ): Promise<boolean> {
    return this.#database.run(async (knex) => {
      const changed = await knex(TABLE)
        .where({ uid })
        .whereIn('status', [...from])
        .update({ ...SHADOW.encodePart(to), row_version: knex.raw('row_version + 1') });
      return changed === 1;
    });
  }

  /** Keeps the first answer of a candle. */
  async insertAnswer(answer: ShadowAnswer): Promise<InsertStatus> {
    const { shadowUid: shadow_uid, candleOpenTime: candle_open_time } = answer;
    const [p_sell, p_hold, p_buy] = answer.probabilities;
    const values = {
      shadow_uid,
      candle_open_time,
      p_sell,
      p_hold,
      p_buy,
      expected_return: answer.expectedReturn,
      latency_us: answer.latencyUs,
      answered_at: answer.answeredAt,
      row_version: 1,
      created_at: this.#clock.wallMs(),
    };
    const { status } = await insertOnce(this.#database, { table: ANSWERS, values }, () =>
      this.#database.run((knex) =>
        knex(ANSWERS).where({ shadow_uid, candle_open_time }).first<Row | undefined>(),
      ),
    );
    return status;
  }

  /** Newest first. */
  async listAnswers(shadowUid: string, limit: number): Promise<readonly ShadowAnswer[]> {
    const rows = await this.#database.run((knex) =>
      knex(ANSWERS)
        .where({ shadow_uid: shadowUid })
        .orderBy('candle_open_time', 'desc')
        .limit(limit)
        .select<Row[]>('*'),
    );
    return rows.map(toAnswer);
  }
}

function toAnswer(row: Row): ShadowAnswer {
  return {
    shadowUid: String(row['shadow_uid']),
    candleOpenTime: Number(row['candle_open_time']),
    probabilities: [Number(row['p_sell']), Number(row['p_hold']), Number(row['p_buy'])],
    expectedReturn: Number(row['expected_return']),
    latencyUs: Number(row['latency_us']),
    answeredAt: Number(row['answered_at']),
  };
}
