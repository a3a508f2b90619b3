import type { Knex } from 'knex';
import type { Database } from '../database/database.js';
import type { Page, Paged, Row } from '../connection/row.js';

/** Rows at most in one answer, whatever was asked for. */
const MAX_LIMIT = 10_000;

export interface ListQuery {
  readonly table: string;
  /** Columns that must equal a value; undefined ones do not narrow. */
  readonly equal: Readonly<Record<string, unknown>>;
  /** Where given, one of these columns must hold one of its values. */
  readonly either?: Readonly<Record<string, readonly string[]>> | undefined;
  /** The time column that `from` and `to` (both included) narrow, and that orders: newest first. */
  readonly timeColumn: string;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly isOldestFirst?: boolean;
}

/** One page of a table, newest first unless asked otherwise, with the count of all that match. */
export async function listRows<T>(
  database: Database,
  query: ListQuery & { readonly page: Page },
  decode: (row: Row) => T,
): Promise<Paged<T>> {
  const [counted] = await database.run((knex) =>
    narrowed(knex, query).count<{ total: number }[]>({ total: '*' }),
  );
  const order = query.isOldestFirst === true ? 'asc' : 'desc';
  const rows = await database.run((knex) =>
    narrowed(knex, query)
      .select<Row[]>('*')
      .orderBy([
        { column: query.timeColumn, order },
        { column: 'id', order },
      ])
      .limit(Math.min(query.page.limit, MAX_LIMIT))
      .offset(query.page.offset),
  );
  return { total: counted?.total ?? 0, rows: rows.map(decode) };
}

function narrowed(knex: Knex, query: ListQuery): Knex.QueryBuilder {
  const builder = knex(query.table);
  for (const [column, value] of Object.entries(query.equal)) {
    if (value !== undefined) void builder.where(column, value as Knex.Value);
  }
  const { either } = query;
  if (either !== undefined) {
    void builder.where((any) => {
      for (const [column, values] of Object.entries(either))
        void any.orWhereIn(column, [...values]);
    });
  }
  if (query.from !== undefined) void builder.where(query.timeColumn, '>=', query.from);
  if (query.to !== undefined) void builder.where(query.timeColumn, '<=', query.to);
  return builder;
}
