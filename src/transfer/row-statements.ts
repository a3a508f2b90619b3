import { assertDefined } from '../lib/invariant.js';
import { fieldsOf, readValue, type Line } from './lines.js';
import type { ColumnShape, TableShape } from './table-shapes.js';
import type { Selector, SqlValue } from './transfer-ports.js';

/** Stretches named in one statement, and keys in one list: longer ones are slow to plan. */
const STRETCHES_A_STATEMENT = 200;
const KEYS_A_STATEMENT = 1_000;
/** Text of the fields in one statement: with their condition below the smallest usual packet, 64 KB. */
const STATEMENT_CHARS = 25_000;

/** Conditions under which the target has the rows of these lines, and as few others as may be. */
export function selectRows(table: TableShape, lines: readonly Line[]): readonly Selector[] {
  return table.isRange ? selectStretches(table, lines) : selectKeys(table, lines);
}

/** Rows in the order of a range table: one stretch for each value of the columns before the last. */
function selectStretches(table: TableShape, lines: readonly Line[]): readonly Selector[] {
  const { identity } = table;
  const terms = identity.map((name) => `\`${name}\``);
  const equals = terms.slice(0, -1).map((name) => `${name} = ?`);
  const condition = `(${[...equals, `${terms.at(-1) ?? ''} BETWEEN ? AND ?`].join(' AND ')})`;
  const columns = identity.map((name) => columnOf(table, name));
  const last = assertDefined(columns.at(-1), `identity of ${table.name}`);
  const stretches = stretchesOf(lines, identity.length);
  const lengthOf = (fields: readonly string[]): number => fields.join('').length;
  return statementParts(stretches, STRETCHES_A_STATEMENT, lengthOf).map((part) => ({
    where: part.map(() => condition).join(' OR '),
    values: part.flatMap((fields) =>
      fields.map((field, at): SqlValue => readValue(field, columns[at] ?? last)),
    ),
  }));
}

/** Leading fields that stay the same, then the first and the last value of the next one. */
function stretchesOf(lines: readonly Line[], identityColumns: number): string[][] {
  const stretches: string[][] = [];
  let prefix: string | undefined;
  let previous = '';
  for (const line of lines) {
    if (prefix === undefined || !line.startsWith(prefix)) {
      close(stretches, previous, identityColumns);
      const fields = line.split('\t', identityColumns);
      prefix = `${fields.slice(0, -1).join('\t')}\t`;
      stretches.push(fields);
    }
    previous = line;
  }
  close(stretches, previous, identityColumns);
  return stretches;
}

function close(stretches: string[][], line: Line, identityColumns: number): void {
  stretches.at(-1)?.push(line.split('\t', identityColumns).at(-1) ?? '');
}

function selectKeys(table: TableShape, lines: readonly Line[]): readonly Selector[] {
  const columns = table.identity.map((name) => columnOf(table, name));
  const places = columns.map((column) => table.columns.indexOf(column));
  const valuesOf = (line: Line): SqlValue[] => {
    const fields = line.split('\t');
    return columns.map((column, at) => readValue(fields[places[at] ?? -1] ?? '', column));
  };
  const isOne = table.identity.length === 1;
  const all = `(${table.identity.map((name) => `\`${name}\` = ?`).join(' AND ')})`;
  const most = isOne ? KEYS_A_STATEMENT : STRETCHES_A_STATEMENT;
  const lengthOf = (line: Line): number => fieldsOf(table, line, table.identity).join('').length;
  return statementParts(lines, most, lengthOf).map((part) => ({
    where: isOne
      ? `\`${String(table.identity[0])}\` IN (${part.map(() => '?').join(', ')})`
      : part.map(() => all).join(' OR '),
    values: part.flatMap(valuesOf),
  }));
}

function columnOf(table: TableShape, name: string): ColumnShape {
  return assertDefined(
    table.columns.find((column) => column.name === name),
    `column ${name} of ${table.name}`,
  );
}

function statementParts<T>(
  items: readonly T[],
  most: number,
  lengthOf: (item: T) => number,
): readonly (readonly T[])[] {
  const parts: T[][] = [];
  let chars = STATEMENT_CHARS;
  for (const item of items) {
    const length = lengthOf(item);
    const last = parts.at(-1);
    if (last === undefined || last.length >= most || chars + length > STATEMENT_CHARS) {
      parts.push([item]);
      chars = length;
    } else {
      last.push(item);
      chars += length;
    }
  }
  return parts;
}

export function chunksOf<T>(items: readonly T[], size: number): readonly (readonly T[])[] {
  const chunks: (readonly T[])[] = [];
  for (let from = 0; from < items.length; from += size) chunks.push(items.slice(from, from + size));
  return chunks;
}

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
