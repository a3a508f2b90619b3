import { assertDefined } from '../lib/invariant.js';
import type { ColumnShape, TableShape } from './table-shapes.js';

/**
 * A row as one line of text: its columns in the table's order, a tab between, `\N` for NULL, with
 * backslash, tab and line feed escaped. It is what LOAD DATA reads, and what both sides put their
 * checksum over: the server makes the same bytes of what it holds.
 */
export type Line = string;

export const NULL_FIELD = '\\N';

const MUST_ESCAPE = /[\\\t\n]/;

export function textField(value: string | null): string {
  if (value === null) return NULL_FIELD;
  if (!MUST_ESCAPE.test(value)) return value;
  return value.replaceAll('\\', '\\\\').replaceAll('\t', '\\t').replaceAll('\n', '\\n');
}

const ESCAPES: Readonly<Record<string, string>> = { t: '\t', n: '\n', '\\': '\\' };

/** The value of a field, as text also where it is a number. */
export function readField(field: string): string | null {
  if (field === NULL_FIELD) return null;
  if (!field.includes('\\')) return field;
  return field.replace(/\\(.)/g, (_, letter: string) => ESCAPES[letter] ?? letter);
}

/** The value of a field as SQLite stores it: whole numbers beyond 2^53 stay exact. */
export function readValue(field: string, { kind }: ColumnShape): string | number | bigint | null {
  const text = readField(field);
  if (text === null || kind === 'text') return text;
  return kind === 'real' ? Number(text) : BigInt(text);
}

/**
 * A double as the server prints it: the shortest digits that read back as the same number, as in
 * JavaScript, but with the point in another place outside of the usual sizes.
 */
export function doubleField(value: number | null): string {
  if (value === null) return NULL_FIELD;
  const size = Math.abs(value);
  if ((size >= 1e-6 && size < 1e15) || value === 0) return String(value);
  return Number.isFinite(value) ? unusualDouble(value) : String(value);
}

/** Decimal places up to which the server keeps the plain notation. */
const PLAIN_EXPONENT = 15;

function unusualDouble(value: number): string {
  const [mantissa = '', exponentText = ''] = Math.abs(value).toExponential().split('e');
  const digits = mantissa.replace('.', '');
  const exponent = Number(exponentText);
  const sign = value < 0 ? '-' : '';
  const scientific = `${sign}${mantissa}e${exponent}`;
  if (exponent < 0) {
    return exponent < -PLAIN_EXPONENT
      ? scientific
      : `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`;
  }
  if (digits.length <= exponent + 1) return scientific;
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`;
}

/** Fields of the line by column: what a row is recognised and compared by. */
export function fieldsOf(table: TableShape, line: Line, names: readonly string[]): string[] {
  const fields = line.split('\t');
  return names.map((name) => {
    const at = table.columns.findIndex((column) => column.name === name);
    return assertDefined(fields[at], `field ${name} in a line of ${table.name}`);
  });
}

/** The fields that make it the same row in both databases, as one text. */
export function identityOf(table: TableShape, line: Line): string {
  return fieldsOf(table, line, table.identity).join('\t');
}
