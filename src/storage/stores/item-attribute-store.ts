import type { Clock } from '../../lib/clock.js';
import type { Database } from '../database/database.js';
import { inChunks } from '../rows/write-rows.js';
import type { Row } from '../connection/row.js';

const INSERT_CHUNK_ROWS = 100;

export interface ItemAttribute {
  readonly venue: string;
  readonly symbol: string;
  readonly name: string;
  readonly value: string;
}

/** What is known of instruments besides their prices. */
export class ItemAttributeStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** A value that is given again replaces the one before; names that are not given stay. */
  async set(attributes: readonly ItemAttribute[]): Promise<void> {
    const createdAt = this.#clock.wallMs();
    for await (const chunk of inChunks(attributes, INSERT_CHUNK_ROWS)) {
      const rows = chunk.map(({ venue, symbol, name, value }) => ({
        venue,
        symbol,
        name,
        value,
        row_version: 1,
        created_at: createdAt,
      }));
      await this.#database.run((knex) =>
        knex('item_attributes')
          .insert(rows)
          .onConflict(['venue', 'symbol', 'name'])
          .merge({
            value: knex.raw(
              this.#database.engine === 'sqlite' ? 'excluded.value' : 'VALUES(value)',
            ),
            row_version: knex.raw('item_attributes.row_version + 1'),
          }),
      );
    }
  }

  /** Value by name; empty for an instrument of which nothing is known. */
  async find(venue: string, symbol: string): Promise<Readonly<Record<string, string>>> {
    const rows = await this.#database.run((knex) =>
      knex('item_attributes').where({ venue, symbol }).orderBy('name').select<Row[]>('*'),
    );
    return Object.fromEntries(rows.map((row) => [String(row['name']), String(row['value'])]));
  }
}
