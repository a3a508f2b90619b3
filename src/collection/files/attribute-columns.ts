import type { ColumnLayout, LeftOutColumn, NamedColumn } from './columns.js';

/** As wide as the database's columns. */
const MAX_NAME_CHARACTERS = 64;
const MAX_VALUE_CHARACTERS = 255;

/** What is said of the items in a file besides their prices. */
export interface FileAttributes {
  /** By item and name. */
  readonly values: ReadonlyMap<string, ReadonlyMap<string, string>>;
  readonly leftOut: readonly LeftOutColumn[];
}

interface Seen {
  value: string;
  /** Market time of the row that the value is of. */
  at: number;
}

/**
 * Finds the attributes of items. A column that changes while an item lives is no attribute of it: its
 * last value is known after the prices before it, and a model that reads it looks into the future. So
 * it is left out for all items, unless it was asked for by name; then the newest value counts.
 */
export class AttributeColumns {
  /** Those that may still be attributes. */
  #columns: readonly NamedColumn[];
  readonly #pairs: NamedColumn | undefined;
  readonly #wanted: ReadonlySet<string>;
  readonly #byName = new Map<string, Map<string, Seen>>();
  readonly #leftOut = new Map<string, string>();

  /** @param wanted columns that are attributes whatever they hold */
  constructor(
    { unknown, attributePairs }: Pick<ColumnLayout, 'unknown' | 'attributePairs'>,
    wanted: readonly string[],
  ) {
    this.#columns = unknown;
    this.#pairs = attributePairs;
    this.#wanted = new Set(wanted.map((name) => name.toLowerCase()));
  }

  /** Takes note of a row that is used; answers with what is wrong with its attributes. */
  observe(symbol: string, at: number, cells: readonly string[]): string | undefined {
    if (this.#columns.length === 0 && this.#pairs === undefined) return undefined;
    const pairs = this.#pairs === undefined ? [] : readPairs(cells[this.#pairs.index] ?? '');
    if (typeof pairs === 'string') return pairs;
    const given = [
      ...this.#columns.map(({ name, index }): Pair => [name.toLowerCase(), cells[index] ?? '']),
      ...pairs,
    ].flatMap(([name, value]): Pair[] => (value.trim() === '' ? [] : [[name, value.trim()]]));
    const defect = findAttributeDefect(given);
    if (defect !== undefined) return defect;
    for (const [name, value] of given) this.#note(name, value, { symbol, at });
    return undefined;
  }

  get result(): FileAttributes {
    const values = new Map<string, Map<string, string>>();
    for (const [name, bySymbol] of this.#byName) {
      for (const [symbol, { value }] of bySymbol) {
        const known = values.get(symbol) ?? new Map<string, string>();
        values.set(symbol, known.set(name, value));
      }
    }
    const leftOut = [...this.#leftOut].map(([name, reason]) => ({ name, reason }));
    return { values, leftOut };
  }

  #note(name: string, value: string, { symbol, at }: { symbol: string; at: number }): void {
    if (this.#leftOut.has(name)) return;
    const bySymbol = this.#byName.get(name) ?? new Map<string, Seen>();
    this.#byName.set(name, bySymbol);
    const seen = bySymbol.get(symbol);
    if (seen === undefined) {
      bySymbol.set(symbol, { value, at });
      return;
    }
    if (this.#wanted.has(name)) {
      if (at >= seen.at) bySymbol.set(symbol, { value, at });
      return;
    }
    if (seen.value === value) return;
    this.#byName.delete(name);
    this.#columns = this.#columns.filter((column) => column.name.toLowerCase() !== name);
    const example = `"${seen.value}" and "${value}" for ${symbol}`;
    this.#leftOut.set(
      name,
      `it changes (${example}): no attribute, unless --attributes ${name} says so`,
    );
  }
}

type Pair = readonly [name: string, value: string];

function readPairs(cell: string): readonly Pair[] | string {
  const pairs: Pair[] = [];
  for (const part of cell.split(';')) {
    if (part.trim() === '') continue;
    const at = part.indexOf('=');
    if (at < 1) return `attribute "${part.trim()}" is not name=value`;
    pairs.push([part.slice(0, at).trim(), part.slice(at + 1)]);
  }
  return pairs;
}

/** Names an attribute that the database could not hold. */
export function findAttributeDefect(pairs: readonly Pair[]): string | undefined {
  for (const [name, value] of pairs) {
    if (name.trim() === '' || name.length > MAX_NAME_CHARACTERS) {
      return `attribute "${name}" needs a name of 1 to ${MAX_NAME_CHARACTERS} characters`;
    }
    if (value.length > MAX_VALUE_CHARACTERS) {
      return `attribute ${name} has more than ${MAX_VALUE_CHARACTERS} characters`;
    }
  }
  return undefined;
}
