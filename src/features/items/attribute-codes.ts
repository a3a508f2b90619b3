import { attributeFeature } from './item-row.js';

/** What is known of an item besides its price: type, condition, variant. */
export type Attributes = Readonly<Record<string, string>>;

/** How one attribute becomes a number. */
export interface AttributeCode {
  readonly name: string;
  /** Number of each value that training has seen; undefined where the values are numbers themselves. */
  readonly values?: Readonly<Record<string, number>> | undefined;
}

/** With the 16 price features they make the 22 columns of the described system. */
const MAX_ATTRIBUTES = 6;
/** The mean of a value is shrunk as if it had been seen in so many more rows with the mean of all. */
const SMOOTHING_ROWS = 200;

export interface LabelledAttributes {
  readonly attributes: Attributes;
  /** Rows of the item in the training part. */
  readonly rows: number;
  readonly returnSum: number;
}

/**
 * Numbers for the attributes that most items have; among equals, for those with the fewest values. A
 * value's number is the mean forward return of the training rows that have it, shrunk towards the mean of
 * all rows (target encoding): similar values get similar numbers, and one column per attribute is enough.
 */
export function learnAttributeCodes(items: readonly LabelledAttributes[]): AttributeCode[] {
  return surveyAttributes(items)
    .sort(
      (one, other) =>
        other.items - one.items || one.values - other.values || (one.name < other.name ? -1 : 1),
    )
    .slice(0, MAX_ATTRIBUTES)
    .map(({ name }) => learnCode(name, items))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

/** Counts the items that have each attribute, and its distinct values: a serial number has too many to learn from. */
function surveyAttributes(items: readonly LabelledAttributes[]) {
  const counts = new Map<string, number>();
  const values = new Map<string, Set<string>>();
  for (const { attributes } of items) {
    for (const [name, value] of Object.entries(attributes)) {
      counts.set(name, (counts.get(name) ?? 0) + 1);
      values.set(name, (values.get(name) ?? new Set<string>()).add(value));
    }
  }
  return [...counts].map(([name, count]) => ({
    name,
    items: count,
    values: values.get(name)?.size ?? 0,
  }));
}

function learnCode(name: string, items: readonly LabelledAttributes[]): AttributeCode {
  const having = items.filter(({ attributes }) => attributes[name] !== undefined);
  if (having.every(({ attributes }) => isNumber(attributes[name]))) return { name };
  const all = { rows: 0, returnSum: 0 };
  const byValue = new Map<string, { rows: number; returnSum: number }>();
  for (const { attributes, rows, returnSum } of having) {
    const value = attributes[name] ?? '';
    const seen = byValue.get(value) ?? { rows: 0, returnSum: 0 };
    byValue.set(value, { rows: seen.rows + rows, returnSum: seen.returnSum + returnSum });
    all.rows += rows;
    all.returnSum += returnSum;
  }
  const mean = all.rows === 0 ? 0 : all.returnSum / all.rows;
  const values = [...byValue].map(([value, { rows, returnSum }]): [string, number] => [
    value,
    Math.fround((returnSum + SMOOTHING_ROWS * mean) / (rows + SMOOTHING_ROWS)),
  ]);
  return { name, values: Object.fromEntries(values) };
}

export function attributeNames(codes: readonly AttributeCode[]): string[] {
  return codes.map(({ name }) => attributeFeature(name));
}

/** An attribute that is missing, or a value that training has not seen, counts as 0. */
export function encodeAttributes(
  codes: readonly AttributeCode[],
  attributes: Attributes,
): number[] {
  return codes.map(({ name, values }) => {
    const value = attributes[name];
    if (value === undefined) return 0;
    if (values !== undefined) return Object.hasOwn(values, value) ? (values[value] ?? 0) : 0;
    return isNumber(value) ? Number(value) : 0;
  });
}

function isNumber(text: string | undefined): boolean {
  return text !== undefined && text.trim() !== '' && Number.isFinite(Math.fround(Number(text)));
}
