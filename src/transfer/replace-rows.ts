import type { TableShape } from './table-shapes.js';

/** SQL that both engines understand, and the columns whose values go into its places, in order. */
export interface RowStatement {
  readonly sql: string;
  readonly names: readonly string[];
}

/**
 * Gives a stored row the values of a newer one: only if it still is older, whatever was written since
 * the two were compared. A row keeps its `uid`, which other rows may refer to.
 *
 * @param name the table's name, quoted
 */
export function updateStatement(table: TableShape, name: string): RowStatement {
  const set = table.columns
    .map((column) => column.name)
    .filter((column) => column !== 'uid' && !table.identity.includes(column));
  const older = olderThanGiven(table);
  const assignments = set.map(equals).join(', ');
  const where = table.identity.map(equals).join(' AND ');
  return {
    sql: `UPDATE ${name} SET ${assignments} WHERE ${where} AND (${older.sql})`,
    names: [...set, ...table.identity, ...older.names],
  };
}

/** Takes the exclusive columns from a row that is still the one that was read. */
export function releaseStatement(table: TableShape, name: string): RowStatement {
  const set = table.exclusive.map((column) => `\`${column}\` = NULL`).join(', ');
  const names = [...table.identity, ...table.versions];
  return { sql: `UPDATE ${name} SET ${set} WHERE ${names.map(equals).join(' AND ')}`, names };
}

function olderThanGiven(table: TableShape): RowStatement {
  const names: string[] = [];
  const terms = table.versions.map((version, at) => {
    const before = table.versions.slice(0, at);
    names.push(...before, version);
    return `(${[...before.map(equals), `\`${version}\` < ?`].join(' AND ')})`;
  });
  return { sql: terms.join(' OR '), names };
}

function equals(column: string): string {
  return `\`${column}\` = ?`;
}
