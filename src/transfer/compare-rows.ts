import { fieldsOf, NULL_FIELD, type Line } from './lines.js';
import type { TableShape } from './table-shapes.js';

/**
 * What the source's row is to the target's:
 * - `new`: the target has no such row
 * - `same`: nothing differs that means anything
 * - `newer`: the source's replaces the target's
 * - `older`: the target's was changed later and stays
 * - `conflict`: both are equally new and differ; the target's stays
 */
export type Verdict = 'new' | 'same' | 'newer' | 'older' | 'conflict';

export function compareRows(table: TableShape, source: Line, target: Line | undefined): Verdict {
  if (target === undefined) return 'new';
  if (source === target || isSameContent(table, source, target)) return 'same';
  const mine = versionOf(table, source);
  const theirs = versionOf(table, target);
  for (const [at, version] of mine.entries()) {
    const other = theirs[at] ?? version;
    if (version > other) return 'newer';
    if (version < other) return 'older';
  }
  return 'conflict';
}

function versionOf(table: TableShape, line: Line): readonly bigint[] {
  return fieldsOf(table, line, table.versions).map(BigInt);
}

function isSameContent(table: TableShape, source: Line, target: Line): boolean {
  const mine = source.split('\t');
  const theirs = target.split('\t');
  return table.columns.every(({ name, kind }, at) => {
    if (mine[at] === theirs[at] || table.incidental.includes(name)) return true;
    // The same number may be written in two ways.
    return kind === 'real' && isSameNumber(mine[at], theirs[at]);
  });
}

function isSameNumber(one: string | undefined, other: string | undefined): boolean {
  return one !== NULL_FIELD && other !== NULL_FIELD && Number(one) === Number(other);
}
