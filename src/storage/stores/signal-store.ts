import type { ModelKey } from '../../domain/model-key.js';
import type {
  FallbackIndicators,
  FallbackSignal,
  ModelSignal,
  Signal,
  SignalOutcome,
} from '../../domain/signal.js';
import type { Clock } from '../../lib/clock.js';
import { inChunks, insertOnce } from '../rows/write-rows.js';
import type { Database } from '../database/database.js';
import { listRows } from '../rows/list-rows.js';
import { keyColumns, number, omit, optional, rowCodec, text } from '../rows/row-codec.js';
import type { InsertStatus, Page, Paged, Row, Stored } from '../connection/row.js';

/** Outcomes written by one transaction. */
const RESOLVE_CHUNK_ROWS = 50;

export interface SignalFilter {
  readonly venue?: string | undefined;
  readonly symbol?: string | undefined;
  readonly timeframe?: string | undefined;
  readonly bot?: string | undefined;
  readonly source?: Signal['source'] | undefined;
  readonly prediction?: Signal['prediction'] | undefined;
  /** Bounds of the candle's open time, both included. */
  readonly from?: number | undefined;
  readonly to?: number | undefined;
}

/** Written out, because the API asks it all the time, and to put it together takes longer than to answer it. */
const LATEST =
  'SELECT * FROM signals WHERE venue = ? AND symbol = ? AND timeframe = ? AND bot = ? ' +
  'ORDER BY candle_open_time DESC, signaled_at DESC, id DESC LIMIT 1';

/** What was said about each candle: once for each model or the fallback. */
export class SignalStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** The signal that stands: the first one for its candle and origin. */
  async insert(
    signal: Signal,
  ): Promise<{ readonly status: InsertStatus; readonly signal: StoredSignal }> {
    const values = encodeSignal(signal, this.#clock.wallMs());
    const inserted = await insertOnce(this.#database, { table: 'signals', values }, () =>
      this.#findSame(signal),
    );
    return { status: inserted.status, signal: inserted.row };
  }

  /** The newest signal: of the newest candle, and there the one that was made last. */
  async latest({ venue, symbol, timeframe, bot }: ModelKey): Promise<StoredSignal | undefined> {
    const [row] = await this.#database.selectObjects(LATEST, [venue, symbol, timeframe, bot]);
    return row === undefined ? undefined : decodeSignal(row);
  }

  async find(uid: string): Promise<StoredSignal | undefined> {
    const row = await this.#database.run((knex) =>
      knex('signals').where({ uid }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : decodeSignal(row);
  }

  /** In no particular order; those that do not exist are left out. */
  async findMany(uids: readonly string[]): Promise<readonly StoredSignal[]> {
    const rows = await this.#database.run((knex) =>
      knex('signals').whereIn('uid', uids).select<Row[]>('*'),
    );
    return rows.map(decodeSignal);
  }

  /** Newest candle first. */
  list(filter: SignalFilter, page: Page): Promise<Paged<StoredSignal>> {
    const { from, to, venue, symbol, timeframe, bot, source, prediction } = filter;
    const equal = { venue, symbol, timeframe, bot, source, prediction };
    const query = { table: 'signals', equal, timeColumn: 'candle_open_time', from, to, page };
    return listRows(this.#database, query, decodeSignal);
  }

  /** Signals without an outcome about candles before that time, oldest first. */
  async listUnresolved(
    key: ModelKey,
    beforeOpenTime: number,
    limit: number,
  ): Promise<readonly StoredSignal[]> {
    const rows = await this.#database.run((knex) =>
      knex('signals')
        .where(keyColumns(key))
        .whereNull('resolved_at')
        .where('candle_open_time', '<', beforeOpenTime)
        .orderBy('candle_open_time')
        .limit(limit)
        .select<Row[]>('*'),
    );
    return rows.map(decodeSignal);
  }

  /** Stores outcomes; a signal that has one keeps it. */
  async resolve(outcomes: readonly SignalOutcome[]): Promise<void> {
    for await (const chunk of inChunks(outcomes, RESOLVE_CHUNK_ROWS)) {
      await this.#database.transaction(async (tx) => {
        for (const outcome of chunk) {
          await tx.run((knex) =>
            knex('signals')
              .where({ uid: outcome.signalUid })
              .whereNull('resolved_at')
              .update({ ...encodeOutcome(outcome), row_version: knex.raw('row_version + 1') }),
          );
        }
      });
    }
  }

  /** Signals with their outcome, newest candle first; of one model where that is given. */
  async listResolved(
    key: ModelKey,
    options: { readonly modelUid?: string | undefined; readonly limit: number },
  ): Promise<readonly StoredSignal[]> {
    const rows = await this.#database.run((knex) => {
      const query = knex('signals').where(keyColumns(key)).whereNotNull('resolved_at');
      if (options.modelUid !== undefined) void query.where('model_uid', options.modelUid);
      return query.orderBy('candle_open_time', 'desc').limit(options.limit).select<Row[]>('*');
    });
    return rows.map(decodeSignal);
  }

  async #findSame(signal: Signal): Promise<StoredSignal | undefined> {
    const row = await this.#database.run((knex) =>
      knex('signals')
        .where({ ...keyColumns(signal), candle_open_time: signal.candleOpenTime })
        .where('origin', originOf(signal))
        .first<Row | undefined>(),
    );
    return row === undefined ? undefined : decodeSignal(row);
  }
}

/** A signal as it stands, with what became of it once its horizon has passed. */
export type StoredSignal = Stored<Signal> & { readonly outcome: SignalOutcome | undefined };

/** Where a signal came from: one signal for each origin and candle. */
export function originOf(signal: Signal): string {
  return signal.source === 'model' ? signal.modelUid : 'fallback';
}

type Common = Pick<
  Stored<Signal>,
  | 'id'
  | 'uid'
  | 'venue'
  | 'symbol'
  | 'timeframe'
  | 'bot'
  | 'candleOpenTime'
  | 'close'
  | 'prediction'
  | 'confidence'
  | 'signaledAt'
  | 'supersedesUid'
  | 'createdAt'
>;

const COMMON = rowCodec<Common>({
  id: number(),
  uid: text(),
  venue: text(),
  symbol: text(),
  timeframe: text(),
  bot: text(),
  candleOpenTime: number(),
  close: number(),
  prediction: text(),
  confidence: number(),
  signaledAt: number(),
  supersedesUid: optional(text()),
  createdAt: number(),
});

const OUTCOME = rowCodec<SignalOutcome>({
  signalUid: text('uid'),
  outcomeReturn: number(),
  outcomeClass: text(),
  resolvedAt: number(),
});

interface FlatModel extends Pick<ModelSignal, 'modelUid' | 'predictionUid' | 'expectedMove'> {
  readonly pSell: number;
  readonly pHold: number;
  readonly pBuy: number;
}

const MODEL = rowCodec<FlatModel>({
  modelUid: text(),
  predictionUid: text(),
  expectedMove: number(),
  pSell: number(),
  pHold: number(),
  pBuy: number(),
});

const FALLBACK = rowCodec<Pick<FallbackSignal, 'fallbackReason'>>({ fallbackReason: text() });

const INDICATORS = rowCodec<FallbackIndicators>({
  sma14: number('fallback_sma_14'),
  sma50: number('fallback_sma_50'),
  rsi14: number('fallback_rsi_14'),
});

export function encodeSignal(signal: Signal, createdAt: number): Record<string, unknown> {
  return {
    ...COMMON.encodePart({ ...signal, createdAt }),
    origin: originOf(signal),
    source: signal.source,
    row_version: 1,
    ...encodeSource(signal),
  };
}

function encodeSource(signal: Signal): Record<string, unknown> {
  if (signal.source === 'model') {
    const [pSell, pHold, pBuy] = signal.probabilities;
    return MODEL.encodePart({ ...signal, pSell, pHold, pBuy });
  }
  const { indicators } = signal;
  return { ...FALLBACK.encodePart(signal), ...(indicators && INDICATORS.encode(indicators)) };
}

export function decodeSignal(row: Row): StoredSignal {
  const outcome = row['resolved_at'] === null ? undefined : OUTCOME.decode(row);
  const shared = { ...COMMON.decode(row), outcome };
  if (row['source'] === 'fallback') {
    const indicators = row['fallback_sma_14'] === null ? undefined : INDICATORS.decode(row);
    return { ...shared, source: 'fallback', ...FALLBACK.decode(row), indicators };
  }
  const { pSell, pHold, pBuy, ...model } = MODEL.decode(row);
  return { ...shared, source: 'model', ...model, probabilities: [pSell, pHold, pBuy] };
}

export function encodeOutcome(outcome: SignalOutcome): Record<string, unknown> {
  return OUTCOME.encodePart(omit(outcome, ['signalUid']));
}
