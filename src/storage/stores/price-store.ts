import { setImmediate } from 'node:timers/promises';
import type { Quote } from '../../domain/market.js';
import type { Clock } from '../../lib/clock.js';
import { inChunks, insertMissing } from '../rows/write-rows.js';
import type { Database } from '../database/database.js';
import type { Row } from '../connection/row.js';
import { number, rowCodec, text } from '../rows/row-codec.js';

const INSERT_CHUNK_ROWS = 250;

/** Rows deleted by one statement. */
const PRUNE_ROWS = 2_000;

export type StoredQuote = Quote & {
  /** Wall time at which the quote was stored. */
  readonly createdAt: number;
};

const QUOTE = rowCodec<StoredQuote>({
  venue: text(),
  symbol: text(),
  bid: text(),
  ask: text(),
  last: text(),
  venueTime: number(),
  createdAt: number(),
});

/**
 * The distinct symbols of a venue, each found by one step through the primary key instead of a walk
 * over all rows.
 */
const SYMBOLS = `WITH RECURSIVE found (symbol) AS (
  SELECT MIN(symbol) FROM real_time_prices WHERE venue = ?
  UNION ALL
  SELECT (SELECT MIN(p.symbol) FROM real_time_prices p WHERE p.venue = ? AND p.symbol > found.symbol)
  FROM found WHERE found.symbol IS NOT NULL)`;

const LATEST = `${SYMBOLS}
  SELECT p.* FROM found JOIN real_time_prices p ON p.venue = ? AND p.symbol = found.symbol
  AND p.venue_time = (SELECT MAX(q.venue_time) FROM real_time_prices q
    WHERE q.venue = ? AND q.symbol = found.symbol)`;

/** Best bid and ask as the venue showed them, for stops, equity and paper fills. */
export class PriceStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** A quote of the same venue, symbol and time is stored once. */
  async insert(quotes: readonly Quote[]): Promise<void> {
    const createdAt = this.#clock.wallMs();
    for await (const chunk of inChunks(quotes, INSERT_CHUNK_ROWS)) {
      const rows = chunk.map((quote) => QUOTE.encode({ ...quote, createdAt }));
      const key = ['venue', 'symbol', 'venue_time'];
      await insertMissing(this.#database, { table: 'real_time_prices', key, rows });
    }
  }

  /** Every stored quote of a venue, in the order in which they were stored. */
  async listAll(venue: string): Promise<readonly StoredQuote[]> {
    const rows = await this.#database.run((knex) =>
      knex('real_time_prices')
        .where({ venue })
        .orderBy(['created_at', 'symbol'])
        .select<Row[]>('*'),
    );
    return rows.map((row) => QUOTE.decode(row));
  }

  /** The newest quote of each symbol. */
  async latest(venue: string, symbols?: readonly string[]): Promise<Map<string, StoredQuote>> {
    const wanted = symbols === undefined ? undefined : new Set(symbols);
    const rows = await this.#database.selectObjects(LATEST, [venue, venue, venue, venue]);
    const quotes = rows.map((row) => QUOTE.decode(row));
    const kept = quotes.filter((quote) => wanted?.has(quote.symbol) ?? true);
    return new Map(kept.map((quote) => [quote.symbol, quote]));
  }

  /**
   * Deletes the quotes of all venues, or of one, that are older by the venue's time. The newest of a
   * symbol stays: what is held is valued by it.
   */
  async prune(beforeVenueTime: number, venue?: string): Promise<number> {
    let pruned = 0;
    for (const key of await this.#keys(venue)) {
      const before = Math.min(beforeVenueTime, await this.#newestTime(key));
      let deleted: number;
      do {
        deleted = await this.#pruneChunk(key, before);
        pruned += deleted;
        await setImmediate();
      } while (deleted > 0);
    }
    return pruned;
  }

  async #newestTime(key: { venue: string; symbol: string }): Promise<number> {
    const found = await this.#database.run((knex) =>
      knex('real_time_prices').where(key).max({ newest: 'venue_time' }).first<Row>(),
    );
    return Number(found['newest'] ?? 0);
  }

  async #keys(venue: string | undefined): Promise<{ venue: string; symbol: string }[]> {
    const venues = venue === undefined ? await this.#venues() : [venue];
    const keys: { venue: string; symbol: string }[] = [];
    for (const name of venues) {
      const rows = await this.#database.selectObjects(
        `${SYMBOLS} SELECT symbol FROM found WHERE symbol IS NOT NULL`,
        [name, name],
      );
      for (const row of rows) keys.push({ venue: name, symbol: String(row['symbol']) });
    }
    return keys;
  }

  async #venues(): Promise<string[]> {
    const rows = await this.#database.selectObjects(
      `WITH RECURSIVE found (venue) AS (SELECT MIN(venue) FROM real_time_prices UNION ALL
        SELECT (SELECT MIN(p.venue) FROM real_time_prices p WHERE p.venue > found.venue)
        FROM found WHERE found.venue IS NOT NULL)
      SELECT venue FROM found WHERE venue IS NOT NULL`,
      [],
    );
    return rows.map((row) => String(row['venue']));
  }

  async #pruneChunk(
    key: { venue: string; symbol: string },
    beforeVenueTime: number,
  ): Promise<number> {
    const bound = await this.#database.run((knex) =>
      knex('real_time_prices')
        .where(key)
        .where('venue_time', '<', beforeVenueTime)
        .orderBy('venue_time')
        .offset(PRUNE_ROWS)
        .limit(1)
        .pluck<number[]>('venue_time'),
    );
    return this.#database.run((knex) =>
      knex('real_time_prices')
        .where(key)
        .where('venue_time', '<', bound[0] ?? beforeVenueTime)
        .delete(),
    );
  }
}
