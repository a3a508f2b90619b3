/** How objects lie in rows: one codec a table. */

import { Money } from '../../domain/money.js';
import { RejectedError } from '../../lib/errors.js';
import type { Row } from '../connection/row.js';
import type { ModelKey } from '../../domain/model-key.js';
import type { BookKey } from '../../domain/trade.js';

/** How one property lies in one column. */
export interface Field<T> {
  readonly column?: string;
  encode(value: T): unknown;
  decode(stored: unknown): T;
}

/** One field for each property: a property that is added to `T` and forgotten here does not compile. */
export type Fields<T> = { readonly [K in keyof Required<T>]: Field<T[K]> };

export interface RowCodec<T> {
  encode(value: T): Record<string, unknown>;
  /** The columns of what is given, for an update of a part. */
  encodePart(part: Partial<T>): Record<string, unknown>;
  decode(row: Row): T;
}

/** Maps properties in camelCase to columns in snake_case and back. */
export function rowCodec<T extends object>(fields: Fields<T>): RowCodec<T> {
  // Each field's type belongs to its own property; together they are only known as unknown.
  const entries = Object.entries(fields as Record<string, Field<unknown>>).map(
    ([property, field]) => ({
      property: property as keyof T,
      column: field.column ?? snakeCase(property),
      field,
    }),
  );
  const encodePart = (part: Partial<T>): Record<string, unknown> => {
    const row: Record<string, unknown> = {};
    for (const { property, column, field } of entries) {
      if (property in part) row[column] = field.encode(part[property]);
    }
    return row;
  };
  const decode = (row: Row): T => {
    const value: Partial<T> = {};
    for (const { property, column, field } of entries) {
      value[property] = field.decode(row[column]) as T[keyof T];
    }
    // Every property of T has an entry, by the type of `fields`.
    return value as T;
  };
  return { encode: (value) => encodePart(value), encodePart, decode };
}

/** Text, or one of a union's words. */
export function text<T extends string = string>(column?: string): Field<T> {
  return { ...named(column), encode: (value) => value, decode: (stored) => stored as T };
}

/** Neither engine stores NaN or infinity, and each fails in its own way: refused here. */
export function number(column?: string): Field<number> {
  return {
    ...named(column),
    encode: (value) => {
      if (!Number.isFinite(value)) throw new RejectedError(`${value} cannot be stored as a number`);
      return value;
    },
    decode: Number,
  };
}

export function flag(column?: string): Field<boolean> {
  return { ...named(column), encode: (value) => (value ? 1 : 0), decode: (stored) => stored === 1 };
}

/** Exact decimal text without an exponent. */
export function money(column?: string): Field<Money> {
  return {
    ...named(column),
    encode: (value) => value.toFixed(),
    decode: (stored) => new Money(stored as string),
  };
}

export function json<T>(column?: string): Field<T> {
  return {
    ...named(column),
    encode: toJson,
    // What was stored was a T; nothing else writes the column.
    decode: (stored) => parseJson(stored as string) as T,
  };
}

/** NULL for undefined. */
export function optional<T>(field: Field<T>): Field<T | undefined> {
  return {
    ...named(field.column),
    encode: (value) => (value === undefined ? null : field.encode(value)),
    decode: (stored) =>
      stored === null || stored === undefined ? undefined : field.decode(stored),
  };
}

function named(column: string | undefined): { column?: string } {
  return column === undefined ? {} : { column };
}

function snakeCase(property: string): string {
  return property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

/** JSON knows no NaN and no infinity and would silently make them null. */
const NOT_FINITE = '$number';

/** JSON text that keeps every number, also those that are not finite. */
export function toJson(value: unknown): string {
  return JSON.stringify(value, (_key, part: unknown) =>
    typeof part === 'number' && !Number.isFinite(part) ? { [NOT_FINITE]: String(part) } : part,
  );
}

/** The value that `toJson` was given. */
export function parseJson(text: string): unknown {
  return JSON.parse(text, (_key, part: unknown) =>
    isMarked(part) ? Number(part[NOT_FINITE]) : part,
  );
}

function isMarked(part: unknown): part is { [NOT_FINITE]: string } {
  return typeof part === 'object' && part !== null && NOT_FINITE in part;
}

/** The columns that name what a model belongs to, without what else the object carries. */
export function keyColumns({ venue, symbol, timeframe, bot }: ModelKey): ModelKey {
  return { venue, symbol, timeframe, bot };
}

/** The columns of the unique key of tables with one row for each model key. */
export const MODEL_KEY = ['venue', 'symbol', 'timeframe', 'bot'] as const;

/** The columns that name whose books a row belongs to. */
export function bookColumns({ venue, account }: BookKey): BookKey {
  return { venue, account };
}

/** A copy without some properties. They may also be missing: a stored row is often handed in as a plain one. */
export function omit<T extends object, K extends string>(
  value: T,
  properties: readonly K[],
): Omit<T, K> {
  const left: readonly string[] = properties;
  const kept = Object.entries(value).filter(([property]) => !left.includes(property));
  // Only entries were taken away.
  return Object.fromEntries(kept) as Omit<T, K>;
}

/** What a database adds to a row by itself and never takes from outside. */
export const LOCAL_PROPERTIES = ['id', 'rowVersion', 'createdAt'] as const;
