import type { Clock } from '../../lib/clock.js';
import { quoteName } from '../connection/location.js';
import type { Database } from '../database/database.js';

/** Rows deleted by one transaction: a few milliseconds of the writer. */
const BATCH_ROWS = 500;
/** Rest of the writer between two batches. */
const REST_MS = 5;
/** Batches of one kind in one go; the rest waits for the next. */
const MAX_BATCHES = 400;
const DAY_MS = 86_400_000;

/** Kinds of row that are found by an id of their own. */
export type KeptKind =
  | 'predictions'
  | 'decisions'
  | 'signals'
  | 'equity'
  | 'reconciliations'
  | 'shadowAnswers'
  | 'jobs'
  | 'baseModels'
  | 'records'
  | 'runs';

interface Plan {
  readonly table: string;
  /** Oldest first, those that nobody needs. Places: what it binds, then the limit. */
  readonly select: string;
  readonly bind: (venue: string, before: number) => readonly (string | number)[];
  /** Tables whose rows go with theirs, by the column that names them and the one that it names. */
  readonly below?: { readonly table: string; readonly column: string };
}

const NEWEST_OF_KEY = (table: string, row: string): string =>
  `(SELECT MAX(n.candle_open_time) FROM ${table} n WHERE n.venue = ${row}.venue
    AND n.symbol = ${row}.symbol AND n.timeframe = ${row}.timeframe AND n.bot = ${row}.bot)`;

/** A point of the same book and day as `e` for which more holds. */
const SAME_DAY = (more: string): string =>
  `EXISTS (SELECT 1 FROM equity o WHERE o.venue = e.venue AND o.account = e.account
    AND o.at >= e.at - e.at % ${DAY_MS} AND o.at < e.at - e.at % ${DAY_MS} + ${DAY_MS} AND ${more})`;

const PLANS: Readonly<Record<KeptKind, Plan>> = {
  // A serving model's are what a challenger is measured against; those that opened a position explain it.
  predictions: {
    table: 'predictions',
    select: `SELECT p.id FROM predictions p WHERE p.venue = ? AND p.candle_open_time < ?
      AND NOT EXISTS (SELECT 1 FROM model_training_records m
        WHERE m.uid = p.model_uid AND m.serving_key IS NOT NULL)
      AND NOT EXISTS (SELECT 1 FROM signals s JOIN decisions d ON d.signal_uid = s.uid
        WHERE s.model_uid = p.model_uid AND s.symbol = p.symbol
        AND s.candle_open_time = p.candle_open_time AND d.position_uid IS NOT NULL)
      ORDER BY p.candle_open_time LIMIT ?`,
    bind: (venue, before) => [venue, before],
  },
  shadowAnswers: {
    table: 'shadow_answers',
    select: `SELECT a.id FROM shadow_answers a JOIN shadow_models s ON s.uid = a.shadow_uid
      WHERE s.venue = ? AND a.candle_open_time < ? ORDER BY a.candle_open_time LIMIT ?`,
    bind: (venue, before) => [venue, before],
  },
  // Those of a position belong to the books; the newest of a key says what was decided already.
  decisions: {
    table: 'decisions',
    select: `SELECT d.id FROM decisions d WHERE d.venue = ? AND d.candle_open_time < ?
      AND d.position_uid IS NULL
      AND NOT EXISTS (SELECT 1 FROM positions p WHERE p.decision_uid = d.uid)
      AND d.candle_open_time < ${NEWEST_OF_KEY('decisions', 'd')}
      ORDER BY d.candle_open_time LIMIT ?`,
    bind: (venue, before) => [venue, before],
  },
  signals: {
    table: 'signals',
    select: `SELECT s.id FROM signals s WHERE s.venue = ? AND s.candle_open_time < ?
      AND NOT EXISTS (SELECT 1 FROM decisions d WHERE d.signal_uid = s.uid)
      AND NOT EXISTS (SELECT 1 FROM model_training_records m
        WHERE m.uid = s.model_uid AND m.serving_key IS NOT NULL)
      AND s.candle_open_time < ${NEWEST_OF_KEY('signals', 's')}
      ORDER BY s.candle_open_time LIMIT ?`,
    bind: (venue, before) => [venue, before],
  },
  // Of each day the highest, the lowest and the last value stay: drawdowns are measured from them for ever.
  equity: {
    table: 'equity',
    // Decimals are text in both engines: added to 0 they are compared as numbers.
    select: `SELECT e.id FROM equity e WHERE e.venue = ? AND e.at < ?
      AND ${SAME_DAY('o.at > e.at')}
      AND ${SAME_DAY('(o.equity + 0 > e.equity + 0 OR (o.equity + 0 = e.equity + 0 AND o.at < e.at))')}
      AND ${SAME_DAY('(o.equity + 0 < e.equity + 0 OR (o.equity + 0 = e.equity + 0 AND o.at < e.at))')}
      ORDER BY e.at LIMIT ?`,
    bind: (venue, before) => [venue, before],
  },
  // The newest says when books and account were compared last.
  reconciliations: {
    table: 'reconciliations',
    select: `SELECT r.id FROM reconciliations r WHERE r.venue = ? AND r.reconciled_at < ?
      AND r.reconciled_at < (SELECT MAX(n.reconciled_at) FROM reconciliations n
        WHERE n.venue = r.venue AND n.account = r.account)
      ORDER BY r.reconciled_at LIMIT ?`,
    bind: (venue, before) => [venue, before],
  },
  // A job explains the model that it made, while that exists; the newest of a key shows the last attempt.
  jobs: {
    table: 'training_jobs',
    select: `SELECT j.id FROM training_jobs j WHERE j.venue = ? AND j.queued_at < ?
      AND j.finished_at IS NOT NULL AND j.open_key IS NULL
      AND NOT EXISTS (SELECT 1 FROM model_training_records m
        WHERE m.uid = j.model_uid AND m.model_path IS NOT NULL)
      AND (j.trial_uid IS NOT NULL OR j.queued_at < (SELECT MAX(n.queued_at) FROM training_jobs n
        WHERE n.venue = j.venue AND n.symbol = j.symbol AND n.timeframe = j.timeframe AND n.bot = j.bot
        AND n.trial_uid IS NULL))
      ORDER BY j.queued_at LIMIT ?`,
    bind: (venue, before) => [venue, before],
    below: { table: 'training_evidence', column: 'job_uid' },
  },
  // A base model explains the models of its session's jobs, while these are kept.
  baseModels: {
    table: 'pooled_models',
    select: `SELECT b.id FROM pooled_models b WHERE b.venue = ? AND b.created_at < ?
      AND b.status <> 'fitting' AND b.model_path IS NULL
      AND NOT EXISTS (SELECT 1 FROM training_jobs j WHERE j.session_uid = b.session_uid)
      ORDER BY b.created_at LIMIT ?`,
    bind: (venue, before) => [venue, before],
  },
  // Of trainings that left no model. One that predicted explains its predictions; the newest of a key
  // says what was tried last; a parent says what its increment began from.
  records: {
    table: 'model_training_records',
    select: `SELECT r.id FROM model_training_records r WHERE r.venue = ? AND r.trained_at < ?
      AND r.serving_key IS NULL AND r.model_path IS NULL
      AND NOT EXISTS (SELECT 1 FROM predictions p WHERE p.model_uid = r.uid)
      AND NOT EXISTS (SELECT 1 FROM model_pins q WHERE q.model_uid = r.uid)
      AND NOT EXISTS (SELECT 1 FROM model_training_records c
        WHERE c.venue = r.venue AND c.symbol = r.symbol AND c.timeframe = r.timeframe
        AND c.bot_name = r.bot_name AND c.parent_uid = r.uid AND c.model_path IS NOT NULL)
      AND r.trained_at < (SELECT MAX(n.trained_at) FROM model_training_records n
        WHERE n.venue = r.venue AND n.symbol = r.symbol AND n.timeframe = r.timeframe
        AND n.bot_name = r.bot_name)
      ORDER BY r.trained_at LIMIT ?`,
    bind: (venue, before) => [venue, before],
  },
  runs: {
    table: 'runs',
    select: `SELECT r.id FROM runs r WHERE r.started_at < ? AND r.ended_at IS NOT NULL
      AND NOT EXISTS (SELECT 1 FROM training_jobs j
        WHERE j.owner_run_uid = r.uid AND j.open_key IS NOT NULL AND j.status = 'running')
      ORDER BY r.started_at LIMIT ?`,
    bind: (_venue, before) => [before],
  },
};

/** Deletes what is older than it has to be kept, in small batches, and nothing that anybody needs. */
export class RetentionStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** @returns the number of rows deleted */
  async remove(
    kind: KeptKind,
    rows: { readonly venue: string; readonly before: number; readonly signal?: AbortSignal },
  ): Promise<number> {
    const { table, select, bind, below } = PLANS[kind];
    const bindings = [...bind(rows.venue, rows.before), BATCH_ROWS];
    return this.#inBatches(rows.signal, () =>
      this.#database.transaction(async (tx) => {
        const ids = (await tx.selectRows(select, bindings)).map(([id]) => Number(id));
        if (ids.length === 0) return 0;
        if (below !== undefined) await removeBelow(tx, { table, ids, below });
        return tx.run((knex) => knex(table).whereIn('id', ids).delete());
      }),
    );
  }

  /** Sessions without a job left. */
  async removeEmptySessions(before: number, signal?: AbortSignal): Promise<number> {
    const select = `SELECT s.id FROM training_sessions s WHERE s.created_at < ?
      AND NOT EXISTS (SELECT 1 FROM training_jobs j WHERE j.session_uid = s.uid)
      ORDER BY s.created_at LIMIT ?`;
    return this.#inBatches(signal, () =>
      this.#database.transaction(async (tx) => {
        const rows = await tx.selectRows(select, [before, BATCH_ROWS]);
        const ids = rows.map(([id]) => Number(id));
        return tx.run((knex) => knex('training_sessions').whereIn('id', ids).delete());
      }),
    );
  }

  /** Candles of one series that opened earlier. */
  removeCandles(
    seriesId: number,
    rows: { readonly before: number; readonly signal?: AbortSignal },
  ): Promise<number> {
    const { candleTable } = this.#database;
    return this.#removeTimes(candleTable, { ...rows, seriesId, column: 'open_time' });
  }

  /** Refused candles of one series that were stored earlier, by this machine's clock. */
  removeQuarantined(
    seriesId: number,
    rows: { readonly before: number; readonly signal?: AbortSignal },
  ): Promise<number> {
    return this.#removeTimes('quarantined_candles', { ...rows, seriesId, column: 'created_at' });
  }

  /** Market time at which the oldest position of a symbol was opened that is still open. */
  async oldestOpenPosition(venue: string, symbol: string): Promise<number | undefined> {
    const sql = `SELECT MIN(opened_at) FROM positions
      WHERE venue = ? AND symbol = ? AND status IN ('opening', 'open', 'closing')`;
    const [[openedAt] = []] = await this.#database.selectRows(sql, [venue, symbol]);
    return openedAt === null || openedAt === undefined ? undefined : Number(openedAt);
  }

  #removeTimes(
    table: string,
    rows: {
      readonly seriesId: number;
      readonly column: string;
      readonly before: number;
      readonly signal?: AbortSignal;
    },
  ): Promise<number> {
    const select = `SELECT open_time FROM ${quoteName(table)} WHERE series_id = ? AND ${rows.column} < ?
      ORDER BY open_time LIMIT ?`;
    return this.#inBatches(rows.signal, () =>
      this.#database.transaction(async (tx) => {
        const found = await tx.selectRows(select, [rows.seriesId, rows.before, BATCH_ROWS]);
        const times = found.map(([time]) => Number(time));
        return tx.run((knex) =>
          knex(table).where('series_id', rows.seriesId).whereIn('open_time', times).delete(),
        );
      }),
    );
  }

  async #inBatches(
    signal: AbortSignal | undefined,
    removeSome: () => Promise<number>,
  ): Promise<number> {
    let removed = 0;
    for (let batch = 0; batch < MAX_BATCHES && signal?.aborted !== true; batch++) {
      const count = await removeSome();
      removed += count;
      if (count < BATCH_ROWS) break;
      await this.#clock.sleep(REST_MS, signal).catch(() => undefined);
    }
    return removed;
  }
}

async function removeBelow(
  tx: Database,
  rows: {
    readonly table: string;
    readonly ids: readonly number[];
    readonly below: { readonly table: string; readonly column: string };
  },
): Promise<void> {
  const uids = await tx.run((knex) =>
    knex(rows.table).whereIn('id', rows.ids).pluck<string[]>('uid'),
  );
  await tx.run((knex) => knex(rows.below.table).whereIn(rows.below.column, uids).delete());
}
