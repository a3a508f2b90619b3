import { setImmediate } from 'node:timers/promises';
import { findCandleDefect, type Candle } from '../../domain/candle.js';
import type { SeriesKey } from '../../domain/market.js';
import type { Clock } from '../../lib/clock.js';
import { RejectedError } from '../../lib/errors.js';
import {
  CANDLE_SOURCES,
  type CandleSource,
  upsertOnMysql,
  upsertOnSqlite,
} from './upsert-candles.js';
import { inChunks } from '../rows/write-rows.js';
import type { Database } from '../database/database.js';
import { QuarantineStore, type QuarantinedCandle } from './quarantine-store.js';
import type { Row } from '../connection/row.js';

/** Rows stored by one transaction, about 2 ms on SQLite. */
const UPSERT_CHUNK_ROWS = 250;

/** Rows read at once, about 2 ms on SQLite. */
const READ_CHUNK_ROWS = 1_000;

const COLUMNS = ['open_time', 'open', 'high', 'low', 'close', 'volume'] as const;

/** Both ends included. */
export interface OpenTimeRange {
  readonly fromOpenTime?: number | undefined;
  readonly toOpenTime?: number | undefined;
}

export interface UpsertCounts {
  readonly inserted: number;
  /** Candles whose values differ from what was stored: the venue changed them. */
  readonly revised: number;
  readonly unchanged: number;
}

/** Closed candles, one row for each bar that traded. */
export class CandleStore {
  readonly #refused: QuarantineStore;

  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;

    this.#refused = new QuarantineStore(database, clock);
  }

  /**
   * Stores closed candles, in chunks that each are one transaction. A candle that is stored with the
   * same values is left alone; one with other values replaces them and counts up its revision.
   *
   * @throws RejectedError before anything is stored when a candle is defective by itself
   */
  async upsert(
    seriesId: number,
    candles: readonly Candle[],
    source: CandleSource,
  ): Promise<UpsertCounts> {
    candles.forEach(assertSound);
    const counts = { inserted: 0, revised: 0, unchanged: 0 };
    for await (const chunk of inChunks(newestOfEach(candles), UPSERT_CHUNK_ROWS)) {
      await this.#upsertChunk({ seriesId, candles: chunk, source }, counts);
    }
    return counts;
  }

  /** All candles of the range, ascending. Meant for some thousands: more are read by `loadColumns`. */
  async read(seriesId: number, range: OpenTimeRange = {}): Promise<Candle[]> {
    const candles: Candle[] = [];
    let from = range.fromOpenTime;
    for (;;) {
      const rows = await this.#select(seriesId, { ...range, fromOpenTime: from }, READ_CHUNK_ROWS);
      for (const row of rows) candles.push(toCandle(row));
      const last = candles.at(-1);
      if (rows.length < READ_CHUNK_ROWS || last === undefined) return candles;
      from = last.openTime + 1;
      await setImmediate();
    }
  }

  /** The newest `count` candles, of those that opened at `toOpenTime` at the latest; ascending. */
  async latest(
    seriesId: number,
    count: number,
    { toOpenTime }: Pick<OpenTimeRange, 'toOpenTime'> = {},
  ): Promise<Candle[]> {
    const rows = await this.#database.run((knex) => {
      const query = knex(this.#database.candleTable).where('series_id', seriesId);
      if (toOpenTime !== undefined) void query.where('open_time', '<=', toOpenTime);
      return query.orderBy('open_time', 'desc').limit(count).select<Row[]>(COLUMNS);
    });
    return rows.map(toCandle).reverse();
  }

  async count(
    seriesId: number,
    range: { readonly from?: number; readonly to?: number } = {},
  ): Promise<number> {
    const [counted] = await this.#database.run((knex) => {
      const query = knex(this.#database.candleTable).where('series_id', seriesId);
      if (range.from !== undefined) void query.where('open_time', '>=', range.from);
      if (range.to !== undefined) void query.where('open_time', '<=', range.to);
      return query.count<{ total: number }[]>({ total: '*' });
    });
    return counted?.total ?? 0;
  }

  /** Candles whose values were changed after they were first stored. */
  async countRevised(
    seriesId: number,
    { fromOpenTime }: Pick<OpenTimeRange, 'fromOpenTime'> = {},
  ): Promise<number> {
    const [counted] = await this.#database.run((knex) => {
      const query = knex(this.#database.candleTable)
        .where('series_id', seriesId)
        .where('revision', '>', 1);
      if (fromOpenTime !== undefined) void query.where('open_time', '>=', fromOpenTime);
      return query.count<{ total: number }[]>({ total: '*' });
    });
    return counted?.total ?? 0;
  }

  /** First and last open time and the number of candles between; undefined for an empty series. */
  async range(
    seriesId: number,
  ): Promise<{ first: number; last: number; count: number } | undefined> {
    const found = await this.#database.run((knex) =>
      knex(this.#database.candleTable)
        .where('series_id', seriesId)
        .min({ first: 'open_time' })
        .max({ last: 'open_time' })
        .count({ count: '*' })
        .first<Row>(),
    );
    const count = Number(found['count']);
    if (count === 0) return undefined;
    return { first: Number(found['first']), last: Number(found['last']), count };
  }

  /** First and last open time, found without counting what lies between; undefined for an empty series. */
  async bounds(seriesId: number): Promise<{ first: number; last: number } | undefined> {
    const found = await this.#database.run((knex) => {
      const own = () => knex(this.#database.candleTable).where('series_id', seriesId);
      // Engines look up one extreme in the index, and walk through all of it for two.
      return knex
        .select(own().min('open_time').as('first'), own().max('open_time').as('last'))
        .first<Row>();
    });
    if (found['first'] === null) return undefined;
    return { first: Number(found['first']), last: Number(found['last']) };
  }

  /** Bounds of all series of a venue and timeframe that have candles, by the id of the series. */
  async boundsOfAll({
    venue,
    timeframe,
  }: Pick<SeriesKey, 'venue' | 'timeframe'>): Promise<
    readonly { readonly seriesId: number; readonly first: number; readonly last: number }[]
  > {
    const rows = await this.#database.run((knex) => {
      // MySQL looks an extreme of each series up in the index only where it is asked for as the first row.
      const end = (order: 'asc' | 'desc') =>
        knex(this.#database.candleTable)
          .where('series_id', knex.ref('series.id'))
          .orderBy('open_time', order)
          .limit(1)
          .select('open_time');
      return knex('series')
        .where({ venue, timeframe })
        .orderBy('id')
        .select<Row[]>('id', end('asc').as('first'), end('desc').as('last'));
    });
    return rows.flatMap(({ id, first, last }) =>
      first === null ? [] : [{ seriesId: Number(id), first: Number(first), last: Number(last) }],
    );
  }

  /** Open times between the bounds, both included, ascending. */
  async openTimes(
    seriesId: number,
    range: { readonly from: number; readonly to: number },
  ): Promise<number[]> {
    const times: number[] = [];
    let { from } = range;
    for (;;) {
      const found = await this.#database.run((knex) =>
        knex(this.#database.candleTable)
          .where('series_id', seriesId)
          .whereBetween('open_time', [from, range.to])
          .orderBy('open_time')
          .limit(READ_CHUNK_ROWS * 5)
          .pluck<number[]>('open_time'),
      );
      for (const time of found) times.push(time);
      const last = found.at(-1);
      if (found.length < READ_CHUNK_ROWS * 5 || last === undefined) return times;
      from = last + 1;
      await setImmediate();
    }
  }

  /** Keeps refused candles to look at. A bar that is refused again keeps its newest values. */
  quarantine(
    seriesId: number,
    refused: readonly { readonly candle: Candle; readonly reason: string }[],
  ): Promise<void> {
    return this.#refused.add(seriesId, refused);
  }

  /**
   * Puts aside what is stored after that open time, as candles that cannot exist yet: they are kept with
   * the reason and no longer read. Stored again later, they start at revision 1.
   *
   * @returns their open times, ascending
   */
  async quarantineStored(
    seriesId: number,
    afterOpenTime: number,
    reason: string,
  ): Promise<number[]> {
    const moved: number[] = [];
    for (;;) {
      const openTimes = await this.#database.transaction(async (tx) => {
        const store = new CandleStore(tx, this.#clock);
        const rows = await store.#select(
          seriesId,
          { fromOpenTime: afterOpenTime + 1 },
          UPSERT_CHUNK_ROWS,
        );
        const candles = rows.map(toCandle);
        const newest = candles.at(-1);
        if (newest === undefined) return [];
        await store.#refused.add(
          seriesId,
          candles.map((candle) => ({ candle, reason })),
        );
        await tx.run((knex) =>
          knex(tx.candleTable)
            .where('series_id', seriesId)
            .whereBetween('open_time', [afterOpenTime + 1, newest.openTime])
            .delete(),
        );
        return candles.map(({ openTime }) => openTime);
      });
      if (openTimes.length === 0) return moved;
      moved.push(...openTimes);
      await setImmediate();
    }
  }

  /** Of one series or of all, by series and open time. */
  listQuarantined(seriesId?: number): Promise<readonly QuarantinedCandle[]> {
    return this.#refused.list(seriesId);
  }

  /** Forgets quarantined bars, once the venue has given good candles for them. */
  releaseQuarantine(seriesId: number, openTimes: readonly number[]): Promise<void> {
    return this.#refused.release(seriesId, openTimes);
  }

  #select(seriesId: number, range: OpenTimeRange, limit: number): Promise<Row[]> {
    return this.#database.run((knex) => {
      const query = knex(this.#database.candleTable).where('series_id', seriesId);
      if (range.fromOpenTime !== undefined) void query.where('open_time', '>=', range.fromOpenTime);
      if (range.toOpenTime !== undefined) void query.where('open_time', '<=', range.toOpenTime);
      return query.orderBy('open_time').limit(limit).select<Row[]>(COLUMNS);
    });
  }

  async #upsertChunk(
    chunk: { seriesId: number; candles: readonly Candle[]; source: CandleSource },
    counts: { inserted: number; revised: number; unchanged: number },
  ): Promise<void> {
    const { seriesId, candles } = chunk;
    const source = CANDLE_SOURCES.indexOf(chunk.source);
    const rows = { seriesId, candles, source, createdAt: this.#clock.wallMs() };
    const database = this.#database;
    const changed = await (database.engine === 'sqlite'
      ? upsertOnSqlite(database, rows)
      : database.transaction((tx) => upsertOnMysql(tx, rows)));
    counts.inserted += changed.inserted;
    counts.revised += changed.revised;
    counts.unchanged += chunk.candles.length - changed.inserted - changed.revised;
  }
}

function assertSound(candle: Candle): void {
  const defect = findCandleDefect(candle);
  if (defect !== undefined) throw new RejectedError(`Candle ${candle.openTime}: ${defect}`);
}

/** One candle for each open time, the last one given, ascending: the order of the table. */
function newestOfEach(candles: readonly Candle[]): Candle[] {
  const byOpenTime = new Map(candles.map((candle) => [candle.openTime, candle]));
  return [...byOpenTime.values()].sort((one, other) => one.openTime - other.openTime);
}

function toCandle(row: Row): Candle {
  return {
    openTime: Number(row['open_time']),
    open: Number(row['open']),
    high: Number(row['high']),
    low: Number(row['low']),
    close: Number(row['close']),
    volume: Number(row['volume']),
  };
}
