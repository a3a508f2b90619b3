import type { Candle } from '../../domain/candle.js';
import type { Clock } from '../../lib/clock.js';
import { inChunks } from '../rows/write-rows.js';
import type { Database } from '../database/database.js';
import { parseJson, toJson } from '../rows/row-codec.js';
import type { Row } from '../connection/row.js';

const CHUNK_ROWS = 200;

export interface QuarantinedCandle {
  readonly seriesId: number;
  /** As the venue gave it: any value may be missing or wrong. */
  readonly candle: Candle;
  readonly reason: string;
  readonly createdAt: number;
}

/** Candles that were refused: kept to look at, never read as market data. */
export class QuarantineStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** A bar that is refused again keeps its newest values and reason. */
  async add(
    seriesId: number,
    refused: readonly { readonly candle: Candle; readonly reason: string }[],
  ): Promise<void> {
    const createdAt = this.#clock.wallMs();
    const rows = refused.map(({ candle, reason }) => ({
      series_id: seriesId,
      open_time: storableTime(candle.openTime),
      candle: toJson(candle),
      reason,
      created_at: createdAt,
    }));
    const unique = [...new Map(rows.map((row) => [row.open_time, row])).values()];
    for await (const chunk of inChunks(unique, CHUNK_ROWS)) {
      await this.#database.run((knex) =>
        knex('quarantined_candles')
          .insert([...chunk])
          .onConflict(['series_id', 'open_time'])
          .merge(['candle', 'reason', 'created_at']),
      );
    }
  }

  /** Of one series or of all, by series and open time. */
  async list(seriesId?: number): Promise<readonly QuarantinedCandle[]> {
    const rows = await this.#database.run((knex) => {
      const query = knex('quarantined_candles').orderBy(['series_id', 'open_time']);
      if (seriesId !== undefined) void query.where('series_id', seriesId);
      return query.select<Row[]>('*');
    });
    return rows.map((row) => ({
      seriesId: Number(row['series_id']),
      // The column holds what `add` was given.
      candle: parseJson(String(row['candle'])) as Candle,
      reason: String(row['reason']),
      createdAt: Number(row['created_at']),
    }));
  }

  async release(seriesId: number, openTimes: readonly number[]): Promise<void> {
    for await (const chunk of inChunks(openTimes.map(storableTime), CHUNK_ROWS)) {
      await this.#database.run((knex) =>
        knex('quarantined_candles')
          .where('series_id', seriesId)
          .whereIn('open_time', [...chunk])
          .delete(),
      );
    }
  }
}

/** A bad candle's open time may be no time at all; such ones share the key -1. */
function storableTime(openTime: number): number {
  return Number.isSafeInteger(openTime) ? openTime : -1;
}
