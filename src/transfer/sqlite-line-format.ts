import { assertDefined } from '../lib/invariant.js';
import { doubleField, NULL_FIELD, textField, type Line } from './lines.js';
import { MAPPED_COLUMN, type ColumnShape, type TableShape } from './table-shapes.js';
import type { Cursor, IdMap } from './transfer-ports.js';

export type RawRow = readonly (string | number | null)[];

/** What one selected value is to the line: a finished piece of it, or a value to be written. */
type Piece = 'ready' | 'real' | 'text' | 'mapped';

/**
 * How SQLite is asked for the rows of a table, and how a row becomes a line. SQLite writes whole
 * numbers itself, exactly and several in one piece; doubles it would print with 15 digits.
 */
export class SqliteLineFormat {
  readonly select: string;
  /** `(a, b)` and `(?, ?)`. */
  readonly orderList: string;
  readonly orderPlaces: string;
  readonly #pieces: readonly Piece[];
  /** Where a row has the order's columns. */
  readonly #orderColumns: readonly { readonly at: number; readonly isText: boolean }[];

  readonly #table: TableShape;

  constructor(table: TableShape) {
    this.#table = table;

    const parts = partsOf(table);
    this.#pieces = parts.map((part) => part.piece);
    this.#orderColumns = table.order.map((name) => {
      const at = parts.findIndex((part) => part.column === name);
      // The local id is no part of the line: it comes last.
      return at === -1
        ? { at: parts.length, isText: false }
        : { at, isText: this.column(name).kind === 'text' };
    });
    const terms = [...parts.map((part) => part.sql), ...(table.hasLocalId ? ['`id`'] : [])];
    this.select = `SELECT ${terms.join(', ')} FROM \`${table.name}\``;
    this.orderList = `(${table.order.map((name) => `\`${name}\``).join(', ')})`;
    this.orderPlaces = `(${table.order.map(() => '?').join(', ')})`;
  }

  column(name: string | undefined): ColumnShape {
    const found = this.#table.columns.find((column) => column.name === name);
    return assertDefined(found, `column ${String(name)} of ${this.#table.name}`);
  }

  lineOf(row: RawRow, ids: IdMap): { readonly line: Line; readonly isOrphan: boolean } {
    let line = '';
    let isOrphan = false;
    for (let at = 0; at < this.#pieces.length; at++) {
      if (at > 0) line += '\t';
      // The statement says which type each value has.
      const value = row[at] ?? null;
      switch (this.#pieces[at]) {
        case 'real':
          line += doubleField(value as number | null);
          break;
        case 'text':
          line += textField(value as string | null);
          break;
        case 'mapped': {
          const id = ids.get(value as string);
          isOrphan ||= id === undefined;
          line += id ?? (value as string);
          break;
        }
        default:
          line += value as string;
      }
    }
    return { line, isOrphan };
  }

  cursorOf(row: RawRow): Cursor {
    return this.#orderColumns.map(({ at, isText }) => {
      const text = String(row[at]);
      return isText ? text : BigInt(text);
    });
  }
}

interface Part {
  readonly sql: string;
  readonly piece: Piece;
  /** Set where the part is one column by itself. */
  readonly column: string | undefined;
}

function partsOf(table: TableShape): readonly Part[] {
  const parts: Part[] = [];
  for (const column of table.columns) {
    const part = partOf(column);
    const previous = parts.at(-1);
    const mayJoin = [part.column, previous?.column].every(
      (name) => !table.order.includes(name ?? ''),
    );
    if (mayJoin && part.piece === 'ready' && previous?.piece === 'ready') {
      const sql = `${previous.sql} || char(9) || ${part.sql}`;
      parts[parts.length - 1] = { piece: 'ready', sql, column: undefined };
    } else {
      parts.push(part);
    }
  }
  return parts;
}

function partOf({ name, kind }: ColumnShape): Part {
  const column = name;
  if (name === MAPPED_COLUMN) return { sql: `CAST(\`${name}\` AS TEXT)`, piece: 'mapped', column };
  if (kind !== 'integer') return { sql: `\`${name}\``, piece: kind, column };
  const sql = `COALESCE(CAST(\`${name}\` AS TEXT), '${NULL_FIELD}')`;
  return { sql, piece: 'ready', column };
}
