import type { Decision, DecisionAction } from '../../domain/decision.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { insertOnce } from '../rows/write-rows.js';
import { listRows } from '../rows/list-rows.js';
import { flag, keyColumns, number, optional, rowCodec, text } from '../rows/row-codec.js';
import type { InsertStatus, Page, Paged, Row, Stored } from '../connection/row.js';

/** Reasons with their figures in them differ from one decision to the next. */
const MAX_REASONS = 10_000;

/** Decisions of one action with the same words. */
export interface ReasonCount {
  readonly action: DecisionAction;
  readonly reason: string;
  readonly decisions: number;
  /** Market time of the newest. */
  readonly lastAt: number;
}

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
  quotesAt: optional(number()),
  createdAt: number(),
});

/** Written out, because each tick and the API ask it, and to put it together takes longer than to answer it. */
const OF_SIGNAL = 'SELECT * FROM decisions WHERE signal_uid = ? LIMIT 1';

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
    const [row] = await this.#database.selectObjects(OF_SIGNAL, [signalUid]);
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

  /** How often each verdict was given since that open time, most often first. */
  async countByReason({
    venue,
    from,
  }: Required<Pick<DecisionFilter, 'venue' | 'from'>>): Promise<readonly ReasonCount[]> {
    const rows = await this.#database.run((knex) =>
      knex('decisions')
        .where({ venue })
        .where('candle_open_time', '>=', from ?? 0)
        .groupBy('action', 'reason')
        .select('action', 'reason')
        .count({ decisions: '*' })
        .max({ last_at: 'decided_at' })
        .orderBy('decisions', 'desc')
        .limit(MAX_REASONS)
        .then((found) => found as Row[]),
    );
    return rows.map((row) => ({
      action: row['action'] as DecisionAction,
      reason: String(row['reason']),
      decisions: Number(row['decisions']),
      lastAt: Number(row['last_at']),
    }));
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
