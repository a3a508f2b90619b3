import { Money } from '../../domain/money.js';
import { RejectedError } from '../../lib/errors.js';
import { parseJson, toJson } from './json-text.js';
import type { Row } from '../engine/row.js';

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
