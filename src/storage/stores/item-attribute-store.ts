import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { inChunks } from '../rows/chunks.js';
import type { Row } from '../engine/row.js';
import type { RowSource } from '../engine/row-source.js';

const INSERT_CHUNK_ROWS = 100;

export interface ItemAttribute {
  readonly venue: string;
  readonly symbol: string;
  readonly name: string;
  readonly value: string;
}

/** What is known of instruments besides their prices. */
export class ItemAttributeStore {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** A value that is given again replaces the one before; names that are not given stay. */
  async set(attributes: readonly ItemAttribute[]): Promise<void> {
    const createdAt = this.clock.wallMs();
    for await (const chunk of inChunks(attributes, INSERT_CHUNK_ROWS)) {
      const rows = chunk.map(({ venue, symbol, name, value }) => ({
        ...{ venue, symbol, name, value, row_version: 1, created_at: createdAt },
      }));
      await this.database.run((knex) =>
        knex('item_attributes')
          .insert(rows)
          .onConflict(['venue', 'symbol', 'name'])
          .merge({
            value: knex.raw(this.database.engine === 'sqlite' ? 'excluded.value' : 'VALUES(value)'),
            row_version: knex.raw('item_attributes.row_version + 1'),
          }),
      );
    }
  }

  /** Value by name; empty for an instrument of which nothing is known. */
  async find(venue: string, symbol: string): Promise<Readonly<Record<string, string>>> {
    const rows = await this.database.run((knex) =>
      knex('item_attributes').where({ venue, symbol }).orderBy('name').select<Row[]>('*'),
    );
    return Object.fromEntries(rows.map((row) => [String(row['name']), String(row['value'])]));
  }
}

/** One instrument of a venue, as far as a pooled model asks for it. */
export interface StoredItem {
  readonly seriesId: number;
  readonly symbol: string;
  readonly attributes: Readonly<Record<string, string>>;
}

/** Every series of a venue and timeframe, in the order of their symbols; for a worker's connection. */
export async function loadItems(
  source: RowSource,
  { venue, timeframe }: { readonly venue: string; readonly timeframe: string },
): Promise<readonly StoredItem[]> {
  const attributes = new Map<string, Record<string, string>>();
  const sql = 'SELECT symbol, name, value FROM item_attributes WHERE venue = ?';
  for (const [symbol, name, value] of await source.selectRows(sql, [venue])) {
    const known = attributes.get(String(symbol)) ?? {};
    known[String(name)] = String(value);
    attributes.set(String(symbol), known);
  }
  const series = 'SELECT id, symbol FROM series WHERE venue = ? AND timeframe = ? ORDER BY symbol';
  return (await source.selectRows(series, [venue, timeframe])).map(([id, symbol]) => ({
    seriesId: Number(id),
    symbol: String(symbol),
    attributes: attributes.get(String(symbol)) ?? {},
  }));
}

/** Open times and closes of one series, ascending, without fillers. */
export async function loadEntries(
  source: RowSource,
  seriesId: number,
): Promise<{ readonly openTimes: Float64Array; readonly prices: Float64Array }> {
  const sql = `SELECT open_time, close FROM ${source.candleTable} WHERE series_id = ? ORDER BY open_time`;
  const rows = await source.selectRows(sql, [seriesId]);
  return {
    openTimes: Float64Array.from(rows, ([openTime]) => Number(openTime)),
    prices: Float64Array.from(rows, ([, close]) => Number(close)),
  };
}
