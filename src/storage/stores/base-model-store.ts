import type { BaseModel, BaseModelStatus, BaseModelKey } from '../../domain/base-model.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { insertOnce } from '../rows/write-rows.js';
import { json, number, optional, rowCodec, text } from '../rows/row-codec.js';
import type { InsertStatus, Row } from '../connection/row.js';

const BASE_MODEL = rowCodec<BaseModel>({
  uid: text(),
  venue: text(),
  timeframe: text(),
  bot: text(),
  sessionUid: text(),
  jobUid: text(),
  status: text(),
  attempt: number(),
  reason: optional(text()),
  trainedAt: optional(number()),
  cutAt: optional(number()),
  dataEnd: optional(number()),
  features: json(),
  selectedAt: optional(number()),
  selectedBy: optional(text()),
  catalogueHash: optional(text()),
  referenceSymbol: optional(text()),
  horizonBars: number(),
  members: json(),
  modelPath: optional(text()),
  manifestSha256: optional(text('manifest_sha256')),
  config: json(),
});

export type BaseModelOfSession = Pick<BaseModel, 'sessionUid' | 'timeframe' | 'bot'>;

/** Base models: at most one of a session, timeframe and bot. Their table keeps its first name, `pooled_models`. */
export class BaseModelStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Stores that a job begins to fit it, or finds the one that another job of the session began. */
  async insert(
    baseModel: BaseModel,
  ): Promise<{ readonly status: InsertStatus; readonly row: BaseModel }> {
    const values = {
      ...BASE_MODEL.encode(baseModel),
      row_version: 1,
      created_at: this.#clock.wallMs(),
    };
    return insertOnce(this.#database, { table: 'pooled_models', values }, () =>
      this.find(baseModel),
    );
  }

  find({ sessionUid, timeframe, bot }: BaseModelOfSession): Promise<BaseModel | undefined> {
    return this.#first({ session_uid: sessionUid, timeframe, bot });
  }

  findByUid(uid: string): Promise<BaseModel | undefined> {
    return this.#first({ uid });
  }

  /** Changes it if it is still as it was read, and says whether it was. */
  change({ uid, status, attempt, jobUid }: BaseModel, to: Partial<BaseModel>): Promise<boolean> {
    return this.#database.run(async (knex) => {
      const changed = await knex('pooled_models')
        .where({ uid, status, attempt, job_uid: jobUid })
        .update({ ...BASE_MODEL.encodePart(to), row_version: knex.raw('row_version + 1') });
      return changed === 1;
    });
  }

  /** Newest first, without those of experiments. */
  async list(
    { venue, timeframe, bot }: BaseModelKey,
    { status, limit }: { readonly status: BaseModelStatus; readonly limit: number },
  ): Promise<readonly BaseModel[]> {
    const rows = await this.#database.run((knex) =>
      knex('pooled_models')
        .where({ venue, timeframe, bot, status })
        .whereNotIn('session_uid', knex('experiment_trials').select('uid'))
        .orderBy([
          { column: 'trained_at', order: 'desc' },
          { column: 'uid', order: 'desc' },
        ])
        .limit(limit)
        .select<Row[]>('*'),
    );
    return rows.map((row) => BASE_MODEL.decode(row));
  }

  /** Those that a venue's jobs are at, or died over. */
  async listFitting(venue: string): Promise<readonly BaseModel[]> {
    const rows = await this.#database.run((knex) =>
      knex('pooled_models').where({ venue, status: 'fitting' }).select<Row[]>('*'),
    );
    return rows.map((row) => BASE_MODEL.decode(row));
  }

  /** Those of experiments whose files lie about, though no job of their trial is left. */
  async listOfEndedTrials(venue: string): Promise<readonly BaseModel[]> {
    const rows = await this.#database.run((knex) => {
      const open = knex('training_jobs')
        .whereIn('status', ['pending', 'running'])
        .whereNotNull('trial_uid')
        .select('trial_uid');
      return knex('pooled_models')
        .where({ venue })
        .whereNotNull('model_path')
        .whereIn('session_uid', knex('experiment_trials').select('uid'))
        .whereNotIn('session_uid', open)
        .select<Row[]>('*');
    });
    return rows.map((row) => BASE_MODEL.decode(row));
  }

  async #first(where: Record<string, unknown>): Promise<BaseModel | undefined> {
    const row = await this.#database.run((knex) =>
      knex('pooled_models').where(where).first<Row | undefined>(),
    );
    return row === undefined ? undefined : BASE_MODEL.decode(row);
  }
}
