import { ulid } from 'ulid';
import {
  ORDER_RULES,
  fileVenue,
  orderRulesOf,
  type OrderRules,
  type Series,
  type SeriesKey,
} from '../../domain/market.js';
import type { Timeframe } from '../../domain/timeframe.js';
import type { Clock } from '../../lib/clock.js';
import { RejectedError } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import type { Database } from '../database/database.js';
import { flag, number, optional, rowCodec, text } from '../rows/row-codec.js';
import { upsertRow } from '../rows/write-rows.js';
import type { Row } from '../connection/row.js';

const SERIES = rowCodec<Series>({
  id: number(),
  uid: text(),
  venue: text(),
  symbol: text(),
  marketId: text(),
  timeframe: text(),
  firstBarAt: optional(number('birth_open_time')),
  gridOffsetMs: optional(number()),
  hasVolume: flag(),
  sizeStep: optional(text()),
  priceTick: optional(text()),
  minSize: optional(text()),
  minCost: optional(text()),
  maxSize: optional(text()),
  maxCost: optional(text()),
});

/** The instruments whose candles are collected. */
export class SeriesStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /**
   * The series of that key, made where it is new; takes over a changed market id.
   *
   * @param rules of its market; where they are not known, those that are stored stay
   */
  async ensure(
    key: SeriesKey & Pick<Series, 'marketId'>,
    rules?: Partial<OrderRules>,
  ): Promise<Series> {
    const found = await this.find(key);
    const isSame = rules === undefined || (found !== undefined && hasRules(found, rules));
    if (found?.marketId === key.marketId && isSame) return found;
    assertTrimmed(key.venue);
    assertTrimmed(key.symbol);
    const { venue, symbol, timeframe, marketId } = key;
    const wallMs = this.#clock.wallMs();
    await upsertRow(this.#database, {
      table: 'series',
      key: ['venue', 'symbol', 'timeframe'],
      values: { venue, symbol, timeframe, market_id: marketId, ...columnsOf(rules) },
      whenNew: { uid: ulid(wallMs), has_volume: 1, created_at: wallMs },
    });
    return assertDefined(await this.find(key), `series ${venue} ${symbol} ${timeframe}`);
  }

  async find(key: SeriesKey): Promise<Series | undefined> {
    const { venue, symbol, timeframe } = key;
    const row = await this.#database.run((knex) =>
      knex('series').where({ venue, symbol, timeframe }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : SERIES.decode(row);
  }

  async findById(id: number): Promise<Series | undefined> {
    const row = await this.#database.run((knex) =>
      knex('series').where({ id }).first<Row | undefined>(),
    );
    return row === undefined ? undefined : SERIES.decode(row);
  }

  /** In the order in which they were made; of all venues where none is given. */
  async list({ venue }: { readonly venue: string | undefined }): Promise<readonly Series[]> {
    const rows = await this.#database.run((knex) => {
      const query = knex('series').orderBy('id');
      if (venue !== undefined) void query.where({ venue });
      return query.select<Row[]>('*');
    });
    return rows.map((row) => SERIES.decode(row));
  }

  /** Venues and timeframes of what was imported from files. */
  async listFileVenues(): Promise<readonly Pick<SeriesKey, 'venue' | 'timeframe'>[]> {
    const rows = await this.#database.run((knex) =>
      knex('series')
        .where('venue', 'like', `${fileVenue('')}%`)
        .distinct<Row[]>('venue', 'timeframe')
        .orderBy(['venue', 'timeframe']),
    );
    return rows.map((row) => ({
      venue: String(row['venue']),
      timeframe: row['timeframe'] as Timeframe,
    }));
  }

  setFirstBarAt(id: number, firstBarAt: number): Promise<void> {
    return this.#change(id, { firstBarAt });
  }

  setGridOffset(id: number, gridOffsetMs: number): Promise<void> {
    return this.#change(id, { gridOffsetMs });
  }

  setHasVolume(id: number, hasVolume: boolean): Promise<void> {
    return this.#change(id, { hasVolume });
  }

  async #change(id: number, part: Partial<Series>): Promise<void> {
    await this.#database.run((knex) =>
      knex('series')
        .where({ id })
        .update({ ...SERIES.encodePart(part), row_version: knex.raw('row_version + 1') }),
    );
  }
}

function columnsOf(rules: Partial<OrderRules> | undefined): Record<string, unknown> {
  return rules === undefined ? {} : SERIES.encodePart(orderRulesOf(rules));
}

function hasRules(series: Series, rules: Partial<OrderRules>): boolean {
  return ORDER_RULES.every((name) => series[name] === rules[name]);
}

/** MySQL's unique keys ignore spaces at the end; SQLite's do not. */
function assertTrimmed(name: string): void {
  if (name !== name.trim() || name === '') {
    throw new RejectedError(`Name '${name}' is empty or has spaces at its ends`);
  }
}
