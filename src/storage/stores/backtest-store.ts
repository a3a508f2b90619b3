import type { BacktestRun, BacktestState } from '../../domain/backtest-run.js';
import type { Clock } from '../../lib/clock.js';
import type { Page, Paged, Row } from '../connection/row.js';
import type { Database } from '../database/database.js';
import { listRows } from '../rows/list-rows.js';
import { json, number, optional, rowCodec, text } from '../rows/row-codec.js';

export interface BacktestFilter {
  readonly state?: BacktestState | undefined;
  readonly venue?: string | undefined;
  readonly timeframe?: string | undefined;
  readonly bot?: string | undefined;
  /** Bounds of the wall time of the start, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** What may change while a run goes on. */
export type BacktestChange = Partial<
  Omit<BacktestRun, 'uid' | 'origin' | 'ask' | 'timeframe' | 'bot' | 'place' | 'startedAt'>
>;

const TABLE = 'backtests';

const RUN = rowCodec<BacktestRun>({
  uid: text(),
  state: text(),
  origin: text(),
  ask: json(),
  timeframe: text(),
  bot: text(),
  versions: json(),
  place: text(),
  progress: number(),
  etaSec: optional(number()),
  venue: optional(text()),
  dataHash: optional(text()),
  fromTime: optional(number()),
  toTime: optional(number()),
  symbols: optional(json()),
  bars: optional(number()),
  settings: optional(json()),
  seeds: optional(json()),
  figures: optional(json()),
  sharpe: optional(number()),
  error: optional(text()),
  folder: optional(text()),
  startedAt: number(),
  endedAt: optional(number()),
});

/** What was tested on the past. */
export class BacktestStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  async insert(run: BacktestRun): Promise<void> {
    const values = RUN.encodePart(run);
    const local = { is_deleted: 0, row_version: 1, created_at: this.#clock.wallMs() };
    await this.#database.run((knex) => knex(TABLE).insert({ ...values, ...local }));
  }

  /** Changes a run that goes on. @returns false where it has ended */
  async change(uid: string, change: BacktestChange): Promise<boolean> {
    const changed = await this.#database.run((knex) =>
      knex(TABLE)
        .where({ uid, state: 'running' })
        .update({ ...RUN.encodePart(change), row_version: knex.raw('row_version + 1') }),
    );
    return changed === 1;
  }

  async find(uid: string): Promise<BacktestRun | undefined> {
    const row = await this.#database.run((knex) =>
      knex(TABLE).where({ uid, is_deleted: 0 }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : RUN.decode(row);
  }

  /** Newest first. */
  list(filter: BacktestFilter, page: Page): Promise<Paged<BacktestRun>> {
    const { from, to, state, venue, timeframe, bot } = filter;
    const equal = { state, venue, timeframe, bot, is_deleted: 0 };
    const query = { table: TABLE, equal, timeColumn: 'started_at', from, to, page };
    return listRows(this.#database, query, (row) => RUN.decode(row));
  }

  /** Annualised Sharpe ratios of all runs on the same candles, the deleted ones included. */
  async listSharpes(dataHash: string): Promise<readonly number[]> {
    const rows = await this.#database.run((knex) =>
      knex(TABLE)
        .where({ data_hash: dataHash, state: 'done' })
        .whereNotNull('sharpe')
        .orderBy('id')
        .select<{ sharpe: number }[]>('sharpe'),
    );
    return rows.map(({ sharpe }) => sharpe);
  }

  /**
   * Marks the runs of a place that never ended: one runs at a time there, so the process of any other is dead.
   *
   * @param exceptUid the one that runs
   * @returns how many there were
   */
  markInterrupted(place: string, exceptUid?: string): Promise<number> {
    const end = { state: 'interrupted', endedAt: this.#clock.wallMs() } as const;
    return this.#database.run((knex) => {
      const query = knex(TABLE).where({ place, state: 'running' });
      if (exceptUid !== undefined) void query.whereNot({ uid: exceptUid });
      return query.update({
        ...RUN.encodePart(end),
        row_version: knex.raw('row_version + 1'),
      });
    });
  }

  /** Takes a run that has ended out of the lists. It stays counted as a try on its candles. */
  async delete(uid: string): Promise<void> {
    await this.#database.run((knex) =>
      knex(TABLE)
        .where({ uid })
        .whereNot({ state: 'running' })
        .update({ is_deleted: 1, folder: null, row_version: knex.raw('row_version + 1') }),
    );
  }
}
