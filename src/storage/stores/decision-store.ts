import type { Decision, DecisionAction } from '../../domain/decision.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { insertOnce } from '../rows/write-rows.js';
import { listRows } from '../rows/list-rows.js';
import { flag, keyColumns, number, optional, rowCodec, text } from '../rows/row-codec.js';
import type { InsertStatus, Page, Paged, Row, Stored } from '../connection/row.js';

export interface DecisionFilter {
  readonly venue?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: string | undefined;
  readonly bot?: string | undefined;
  readonly action?: DecisionAction | undefined;
  readonly positionUid?: string | undefined;
  readonly isAdvisory?: boolean | undefined;
  /** Bounds of the candle's open time, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

const DECISION = rowCodec<Stored<Decision>>({
  id: number(),
  uid: text(),
  signalUid: text(),
  venue: text(),
  symbol: text(),
  timeframe: text(),
  bot: text(),
  candleOpenTime: number(),
  action: text(),
  reason: text(),
  isAdvisory: flag(),
  positionUid: optional(text()),
  decidedAt: number(),
  createdAt: number(),
});

/** The verdict on each signal: exactly one. */
export class DecisionStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The decision that stands: the first one for its signal. */
  async insert(
    decision: Decision,
  ): Promise<{ readonly status: InsertStatus; readonly decision: Stored<Decision> }> {
    const values = DECISION.encodePart({ ...decision, createdAt: this.#clock.wallMs() });
    const inserted = await insertOnce(this.#database, { table: 'decisions', values }, () =>
      this.findBySignal(decision.signalUid),
    );
    return { status: inserted.status, decision: inserted.row };
  }

  /** The decision on the newest candle, and there the one that was made last. */
  async latest(key: ModelKey): Promise<Stored<Decision> | undefined> {
    const row = await this.#database.run((knex) =>
      knex('decisions')
        .where(keyColumns(key))
        .orderBy([
          { column: 'candle_open_time', order: 'desc' },
          { column: 'decided_at', order: 'desc' },
          { column: 'id', order: 'desc' },
        ])
        .first<Row | undefined>(),
    );
    return row === undefined ? undefined : DECISION.decode(row);
  }

  async findBySignal(signalUid: string): Promise<Stored<Decision> | undefined> {
    const row = await this.#database.run((knex) =>
      knex('decisions').where({ signal_uid: signalUid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : DECISION.decode(row);
  }

  /** Newest candle first. */
  list(filter: DecisionFilter, page: Page): Promise<Paged<Stored<Decision>>> {
    const { from, to, venue, symbol, timeframe, bot, action, positionUid, isAdvisory } = filter;
    const equal = {
      venue,
      symbol,
      timeframe,
      bot,
      action,
      position_uid: positionUid,
      is_advisory: isAdvisory === undefined ? undefined : Number(isAdvisory),
    };
    const query = { table: 'decisions', equal, timeColumn: 'candle_open_time', from, to, page };
    return listRows(this.#database, query, (row) => DECISION.decode(row));
  }

  /** Open time of the newest candle that was decided on. */
  async lastDecidedOpenTime(key: ModelKey): Promise<number | undefined> {
    const found = await this.#database.run((knex) =>
      knex('decisions')
        .where(keyColumns(key))
        .max({ last: 'candle_open_time' })
        .first<{ last: number | null }>(),
    );
    return found.last ?? undefined;
  }
}
