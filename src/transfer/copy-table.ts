import { compareRows } from './compare-rows.js';
import { fieldsOf, identityOf, type Line } from './lines.js';
import { selectRows } from './row-statements.js';
import type { TableShape } from './table-shapes.js';
import type {
  Chunk,
  ChunkLimits,
  Refusal,
  TargetReader,
  TransferSource,
  TransferTarget,
} from './transfer-ports.js';

/** Rows asked of the source at once: about 3 ms of work between two turns of the event loop. */
const STEP_ROWS = 1_000;

/** Rows of one transaction: what a kill takes away, and what the server undoes then. */
const CHUNK_ROWS = 20_000;

export const CHUNK_LIMITS: ChunkLimits = { stepRows: STEP_ROWS, maxRows: CHUNK_ROWS };

/** What became, or would become, of the rows of a chunk. */
export interface ChunkOutcome {
  readonly inserted: number;
  readonly updated: number;
  readonly same: number;
  /** The target's row is newer and stays. */
  readonly kept: readonly Line[];
  /** Both changed to something else under the same version; the target's row stays. */
  readonly conflicts: readonly Line[];
  readonly refused: readonly Refusal[];
}

export interface TransferPair {
  readonly source: TransferSource;
  readonly target: TransferTarget;
}

/** Which rows of a chunk the target lacks, and which of them are newer. */
export interface Comparison {
  readonly inserts: readonly Line[];
  readonly updates: readonly Line[];
  readonly same: number;
  readonly kept: readonly Line[];
  readonly conflicts: readonly Line[];
}

/**
 * Copies the chunks of a table in order, each in one transaction, reading the next one while the
 * target stores. What the target holds already is compared and left alone, so that the same work
 * done again, after a kill at any moment or a month later, only adds what is missing.
 */
export async function copyTable(
  { source, target }: TransferPair,
  table: TableShape,
  onChunk: (chunk: Chunk, outcome: ChunkOutcome) => void,
): Promise<void> {
  const isEmpty = await target.isEmpty(table);
  if (!isEmpty) await releaseExclusive({ source, target }, table);
  let chunk = await source.readChunk(table, undefined, CHUNK_LIMITS);
  while (chunk !== undefined) {
    const current = chunk;
    const storing = target.transaction(() => copyChunk(target, table, current, isEmpty));
    const reading = source.readChunk(table, current.last, CHUNK_LIMITS);
    const [outcome, next] = await Promise.all([storing, reading]);
    onChunk(current, outcome);
    chunk = next;
  }
}

async function copyChunk(
  target: TransferTarget,
  table: TableShape,
  chunk: Chunk,
  isEmpty: boolean,
): Promise<ChunkOutcome> {
  const { lines } = chunk;
  const orphans = chunk.orphans.map((line) => ({
    line,
    reason: 'its series is not in the target',
  }));
  const nothing = { inserted: 0, updated: 0, same: 0, kept: [], conflicts: [], refused: orphans };
  if (lines.length === 0) return nothing;
  if (isEmpty && (await target.tryInsert(table, lines))) {
    return { ...nothing, inserted: lines.length };
  }
  const { inserts, updates, same, kept, conflicts } = await compareChunk(target, table, chunk);
  const { refused, overtaken } = await target.write(table, { inserts, updates });
  const refusedLines = new Set(refused.map(({ line }) => line));
  return {
    inserted: inserts.filter((line) => !refusedLines.has(line)).length,
    updated: updates.filter((line) => !refusedLines.has(line)).length - overtaken.length,
    same,
    kept: [...kept, ...overtaken],
    conflicts,
    refused: [...orphans, ...refused],
  };
}

/** Sums first: equal ones say that there is nothing to do, and no row has to travel. */
export async function compareChunk(
  target: TransferTarget,
  table: TableShape,
  { lines, digest }: Chunk,
): Promise<Comparison> {
  const nothing = { inserts: [], updates: [], same: 0, kept: [], conflicts: [] };
  const selectors = selectRows(table, lines);
  const held = await target.digest(table, selectors);
  if (held.rows === 0) return { ...nothing, inserts: lines };
  if (held.rows === digest.rows && held.sum === digest.sum) {
    return { ...nothing, same: lines.length };
  }
  const stored = await readStored(target, table, lines);
  const found: Record<ReturnType<typeof compareRows>, Line[]> = {
    new: [],
    same: [],
    newer: [],
    older: [],
    conflict: [],
  };
  for (const line of lines) {
    found[compareRows(table, line, stored.get(identityOf(table, line)))].push(line);
  }
  return {
    inserts: found.new,
    updates: found.newer,
    same: found.same.length,
    kept: found.older,
    conflicts: found.conflict,
  };
}

/** The target's rows for these lines, and perhaps some between them, by their identity. */
export async function readStored(
  target: TargetReader,
  table: TableShape,
  lines: readonly Line[],
): Promise<ReadonlyMap<string, Line>> {
  const stored = await target.readLines(table, selectRows(table, lines));
  return new Map(stored.map((line) => [identityOf(table, line), line]));
}

/**
 * A row that replaces another as the serving model can only be stored once that one has let go, in
 * whatever order the two come: so all that will let go do so first.
 */
async function releaseExclusive(
  { source, target }: TransferPair,
  table: TableShape,
): Promise<void> {
  if (table.exclusive.length === 0) return;
  const stale: Line[] = [];
  for (const stored of await target.readExclusive(table)) {
    const line = await source.findLine(table, fieldsOf(table, stored, table.identity));
    if (line === undefined || compareRows(table, line, stored) !== 'newer') continue;
    const [wants, has] = [line, stored].map((one) => fieldsOf(table, one, table.exclusive).join());
    if (wants !== has) stale.push(stored);
  }
  if (stale.length > 0) await target.transaction(() => target.release(table, stale));
}
