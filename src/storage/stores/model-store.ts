import type { Knex } from 'knex';
import { GLOBAL_SYMBOL } from '../../domain/bots.js';
import { modelKeyText, type ModelKey } from '../../domain/model-key.js';
import type { Timeframe } from '../../domain/timeframe.js';
import type { ModelRecord, ModelStage, ModelStatus } from '../../domain/model-record.js';
import type { Clock } from '../../lib/clock.js';
import { RejectedError } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import type { Database } from '../database/database.js';
import { listRows } from '../rows/list-rows.js';
import { inChunks } from '../rows/write-rows.js';
import { decodeModel, encodeModel, stampOf, type StoredModelRecord } from './model-row.js';
import type { Page, Paged, Row } from '../connection/row.js';
import { ofDaemon, type OfDaemon } from './waiting-jobs.js';

export interface ModelFilter {
  readonly venue?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: string | undefined;
  readonly bot?: string | undefined;
  readonly stage?: ModelStage | undefined;
  readonly status?: ModelStatus | undefined;
  /** Bounds of the market time of training, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const IN_KEY_ORDER = ['symbol', 'timeframe', 'bot_name', 'uid'];
/** Large records: the event loop has its turn between so many. */
const FIND_CHUNK_ROWS = 20;

/** The registry: every training run and the model that came of it. */
export class ModelStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** A record is never inserted as serving: `promote` makes it so. */
  async insert(record: ModelRecord): Promise<StoredModelRecord> {
    if (record.stage === 'serving') {
      throw new RejectedError(`Model ${record.uid} must be inserted as a candidate, then promoted`);
    }
    const values = { ...encodeModel(record), row_version: 1, created_at: this.#clock.wallMs() };
    await this.#database.run((knex) => knex('model_training_records').insert(values));
    return this.get(record.uid);
  }

  /** Changes what is given. Leaving the stage `serving` frees the key for another model. */
  async update(
    uid: string,
    changes: Partial<Omit<ModelRecord, 'uid'>>,
  ): Promise<StoredModelRecord> {
    if (changes.stage === 'serving') {
      throw new RejectedError(`Model ${uid} begins to serve by promotion only`);
    }
    const freed = changes.stage === undefined ? {} : { serving_key: null };
    await this.#database.run((knex) =>
      knex('model_training_records')
        .where({ uid })
        .update({ ...encodeModel(changes), ...freed, row_version: knex.raw('row_version + 1') }),
    );
    return this.get(uid);
  }

  async find(uid: string): Promise<StoredModelRecord | undefined> {
    return this.#first({ uid });
  }

  async get(uid: string): Promise<StoredModelRecord> {
    return assertDefined(await this.find(uid), `model ${uid}`);
  }

  findServing(key: ModelKey): Promise<StoredModelRecord | undefined> {
    return this.#first({ serving_key: modelKeyText(key) });
  }

  /** Of each key that a model serves, without reading the models: a stamp changes with its record. */
  async readStamps(venue: string): Promise<ReadonlyMap<string, string>> {
    const rows = await this.#database.run((knex) =>
      knex('model_training_records')
        .where({ venue })
        .whereNotNull('serving_key')
        .select<{ key: string; uid: string; rowVersion: number }[]>(
          'serving_key as key',
          'uid',
          'row_version as rowVersion',
        ),
    );
    return new Map(rows.map((row) => [row.key, stampOf(row)]));
  }

  /** The keys that a model serves, without reading the models. */
  async listServingKeys(filter: {
    readonly venue: string;
    readonly symbol?: string | undefined;
    readonly timeframe?: string | undefined;
    readonly bot?: string | undefined;
  }): Promise<readonly ModelKey[]> {
    const { venue, symbol, timeframe, bot } = filter;
    const rows = await this.#database.run((knex) => {
      const query = knex('model_training_records').where({ venue }).whereNotNull('serving_key');
      for (const [column, value] of Object.entries({ symbol, timeframe, bot_name: bot })) {
        if (value !== undefined) void query.where(column, value);
      }
      return query.select<{ symbol: string; timeframe: Timeframe; bot: string }[]>(
        'symbol',
        'timeframe',
        'bot_name as bot',
      );
    });
    return rows.map((row) => ({ venue, ...row }));
  }

  /** When each model of the venue that serves was trained, market time. */
  listTrainedAt(venue: string): Promise<readonly number[]> {
    return this.#database.run((knex) =>
      knex('model_training_records')
        .where({ venue })
        .whereNotNull('serving_key')
        .pluck<number[]>('trained_at'),
    );
  }

  /**
   * Makes a model serve its key in place of the one that does, all at once: a reader sees the old one
   * or the new one. A unique column keeps a second one out whatever happens.
   *
   * @throws RejectedError when the model was rejected or failed
   */
  async promote(uid: string): Promise<StoredModelRecord> {
    const { venue, symbol, timeframe, bot } = await this.get(uid);
    return this.#database.transaction(async (tx) => {
      await lockKey(tx, { venue, symbol, timeframe, bot });
      const models = new ModelStore(tx, this.#clock);
      const model = await models.get(uid);
      if (model.stage === 'rejected' || model.status === 'failed') {
        throw new RejectedError(
          `Model ${uid} is ${model.stage} (${model.status}): it cannot serve`,
        );
      }
      await models.#replaceServing(model);
      return models.get(uid);
    });
  }

  /** Newest training first; of a symbol with those of a global bot, which speak for it too. */
  list(filter: ModelFilter, page: Page): Promise<Paged<StoredModelRecord>> {
    const { from, to, venue, symbol, timeframe, bot, stage, status } = filter;
    const equal = { venue, timeframe, bot_name: bot, stage, status };
    const either = symbol === undefined ? undefined : { symbol: [symbol, GLOBAL_SYMBOL] };
    const table = 'model_training_records';
    const query = { table, equal, either, timeColumn: 'trained_at', from, to, page };
    return listRows(this.#database, query, decodeModel);
  }

  /** The newest record of the key, whatever became of it. */
  latest(key: ModelKey): Promise<StoredModelRecord | undefined> {
    return this.#first(recordKey(key));
  }

  /** Every record of the key, newest training first. */
  async listVersions(key: ModelKey): Promise<readonly StoredModelRecord[]> {
    const rows = await this.#database.run((knex) =>
      knex('model_training_records').where(recordKey(key)).orderBy(NEWEST_FIRST).select<Row[]>('*'),
    );
    return rows.map(decodeModel);
  }

  /** The newest record of each key, in the order of the keys. Uids rise with the time of training. */
  async listNewest(venue: string): Promise<readonly StoredModelRecord[]> {
    const rows = await this.#database.run((knex) =>
      knex('model_training_records')
        .whereIn('uid', newestUids(knex, venue))
        .orderBy(IN_KEY_ORDER)
        .select<Row[]>('*'),
    );
    return rows.map(decodeModel);
  }

  /**
   * Of the newest record of each key and, where that is another, of the one that serves; in the order of the keys, of a
   * key the newest last. The records themselves are not read: they are large.
   */
  listReportedVersions(
    venue: string,
  ): Promise<readonly Pick<StoredModelRecord, 'uid' | 'rowVersion'>[]> {
    return this.#database.run((knex) =>
      knex('model_training_records')
        .where({ venue })
        .where((any) => {
          void any.whereNotNull('serving_key').orWhereIn('uid', newestUids(knex, venue));
        })
        .orderBy(IN_KEY_ORDER)
        .select<Pick<StoredModelRecord, 'uid' | 'rowVersion'>[]>(
          'uid',
          'row_version as rowVersion',
        ),
    );
  }

  /** In no particular order; those that do not exist are left out. */
  async findMany(uids: readonly string[]): Promise<readonly StoredModelRecord[]> {
    const found: StoredModelRecord[] = [];
    for await (const chunk of inChunks(uids, FIND_CHUNK_ROWS)) {
      const rows = await this.#database.run((knex) =>
        knex('model_training_records').whereIn('uid', chunk).select<Row[]>('*'),
      );
      found.push(...rows.map(decodeModel));
    }
    return found;
  }

  /**
   * Ends a model's life: it serves no longer and cannot be opened again, because the hash of its manifest
   * is gone. Its folder keeps its name until it is deleted, so that a crash in between leaves a trace.
   */
  async archive(uid: string): Promise<StoredModelRecord> {
    const { stage } = await this.get(uid);
    const freed = stage === 'serving' ? ({ stage: 'superseded' } as const) : {};
    return this.update(uid, { ...freed, status: 'archived', manifestSha256: undefined });
  }

  /** Archived records whose folders are still to be deleted. */
  async listUnreleased(venue: string): Promise<readonly StoredModelRecord[]> {
    const rows = await this.#database.run((knex) =>
      knex('model_training_records')
        .where({ venue, status: 'archived' })
        .whereNotNull('model_path')
        .whereNull('manifest_sha256')
        .select<Row[]>('*'),
    );
    return rows.map(decodeModel);
  }

  /** Models that passed the gate elsewhere and wait until their daemon has their files, oldest first. */
  async listPublished(of: Omit<OfDaemon, 'work'>): Promise<readonly StoredModelRecord[]> {
    const rows = await this.#database.run((knex) =>
      published(knex('model_training_records'))
        .where(ofDaemon(of))
        .orderBy(['trained_at', 'id'])
        .limit(MOST_PUBLISHED)
        .select<Row[]>('*'),
    );
    return rows.map(decodeModel);
  }

  /** Whether such a model of the key waits. */
  async isPublished(key: ModelKey): Promise<boolean> {
    const row = await this.#database.run((knex) =>
      published(knex('model_training_records')).where(recordKey(key)).first<Row | undefined>('id'),
    );
    return row !== undefined;
  }

  /** Folders of the database's models, base models and shadow models that are still to be opened, below the models' folder. */
  async listPaths(): Promise<readonly string[]> {
    const paths = await Promise.all(
      ['model_training_records', 'pooled_models', 'shadow_models'].map((table) =>
        this.#database.run((knex) =>
          knex(table).whereNotNull('model_path').pluck<string[]>('model_path'),
        ),
      ),
    );
    return paths.flat();
  }

  /** Inside a transaction: promotions and pins of one key wait for each other. */
  lock(key: ModelKey): Promise<void> {
    return lockKey(this.#database, key);
  }

  async #replaceServing(model: ModelRecord): Promise<void> {
    const servingKey = modelKeyText(model);
    await this.#database.run((knex) =>
      knex('model_training_records')
        .where({ serving_key: servingKey })
        .whereNot({ uid: model.uid })
        .update({
          stage: 'superseded',
          status: 'archived',
          serving_key: null,
          row_version: knex.raw('row_version + 1'),
        }),
    );
    await this.#database.run((knex) =>
      knex('model_training_records')
        .where({ uid: model.uid })
        .update({
          stage: 'serving',
          status: 'active',
          serving_key: servingKey,
          row_version: knex.raw('row_version + 1'),
        }),
    );
  }

  async #first(where: Record<string, string>): Promise<StoredModelRecord | undefined> {
    const row = await this.#database.run((knex) =>
      knex('model_training_records').where(where).orderBy(NEWEST_FIRST).first<Row | undefined>(),
    );
    return row === undefined ? undefined : decodeModel(row);
  }
}

const NEWEST_FIRST = [
  { column: 'trained_at', order: 'desc' as const },
  { column: 'id', order: 'desc' as const },
];

/** At most so many wait; later ones have their turn in a later round. */
const MOST_PUBLISHED = 500;

function published(query: Knex.QueryBuilder): Knex.QueryBuilder {
  return query.where({ stage: 'candidate', status: 'active' }).whereNotNull('model_path');
}

function recordKey({ venue, symbol, timeframe, bot }: ModelKey): Record<string, string> {
  return { venue, symbol, timeframe, bot_name: bot };
}

/** On MySQL two promotions of one key wait for each other; SQLite has one writer anyway. */
async function lockKey(tx: Database, key: ModelKey): Promise<void> {
  if (tx.engine === 'sqlite') return;
  await tx.run((knex) =>
    knex('model_training_records').where(recordKey(key)).orderBy('id').forUpdate().select('id'),
  );
}

function newestUids(knex: Knex, venue: string): Knex.QueryBuilder {
  return knex('model_training_records')
    .where({ venue })
    .groupBy('symbol', 'timeframe', 'bot_name')
    .max('uid');
}
