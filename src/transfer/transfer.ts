import type { Clock } from '../lib/clock.js';
import { ConfigError } from '../lib/errors.js';
import { findNearNames } from '../lib/near-names.js';
import {
  CHUNK_LIMITS,
  compareChunk,
  copyTable,
  type ChunkOutcome,
  type TransferPair,
} from './copy-table.js';
import { fieldsOf, identityOf, readField, type Line } from './lines.js';
import { MAPPED_TABLE, readTableShapes, type TableShape } from './table-shapes.js';
import type { Chunk, TargetReader } from './transfer-ports.js';
import type { ListedRow, RowOutcome, TableReport, TransferReport } from './transfer-report.js';
import {
  rememberChunk,
  TableVerifier,
  type CopiedChunk,
  type Verification,
} from './verify-table.js';

export interface TransferOptions {
  readonly clock: Clock;
  /** Copies these tables, and those that their rows refer to; all without it. */
  readonly tables?: readonly string[] | undefined;
  /** Compares and writes nothing. */
  readonly isDryRun?: boolean | undefined;
  readonly progress?: TransferProgress | undefined;
  /** Called for every row that was not simply copied. */
  readonly onRow?: ((row: ListedRow) => void) | undefined;
}

export type TransferStage = 'compare' | 'copy' | 'verify';

export interface TransferProgress {
  /** @param rows of all tables of this stage */
  begin(stage: TransferStage, rows: number): void;
  /** @param rows done since the last time */
  advance(table: string, rows: number): void;
  end(): void;
}

/**
 * Copies what one database holds and the other lacks, the newer row winning, and verifies it: or
 * only says what would be copied. There is no mark of how far a copy has come, since the target's
 * rows are that themselves: chunks that are there are recognised by their checksum.
 *
 * @throws ConfigError for a table that does not exist
 */
export async function transfer(
  pair: TransferPair,
  options: TransferOptions,
): Promise<TransferReport> {
  const startedMs = options.clock.wallMs();
  const tables = chooseTables(options.tables);
  const run = new TransferRun(pair, options, await countRows(pair, tables));
  const reports = options.isDryRun === true ? await run.compare() : await run.copyAndVerify();
  return {
    source: pair.source.place,
    target: pair.target.place,
    isDryRun: options.isDryRun === true,
    makesSchema: !pair.target.hasSchema,
    tables: reports,
    elapsedMs: options.clock.wallMs() - startedMs,
    sourceChanged: await pair.source.wasChanged(),
    isClean: reports.every(isClean),
  };
}

function isClean({ rejected, conflicts, verification }: TableReport): boolean {
  if (rejected > 0 || conflicts > 0) return false;
  if (verification === undefined) return true;
  const { differences, sourceChecksum, targetChecksum } = verification;
  return differences === 0 && sourceChecksum === targetChecksum;
}

function chooseTables(names: readonly string[] | undefined): readonly TableShape[] {
  const tables = readTableShapes();
  if (names === undefined || names.length === 0) return tables;
  const known = tables.map(({ name }) => name);
  for (const name of names) {
    if (known.includes(name)) continue;
    const near = findNearNames(name, known);
    const choices = (near.length > 0 ? near : known).join(', ');
    throw new ConfigError(`There is no table ${name} to copy; there is ${choices}`);
  }
  const chosen = new Set(names);
  // Parents stand before their children: from the end, each one's parents are still to come.
  for (const table of [...tables].reverse()) {
    if (chosen.has(table.name)) table.parents.forEach((parent) => chosen.add(parent));
  }
  return tables.filter(({ name }) => chosen.has(name));
}

interface CountedTable {
  readonly table: TableShape;
  readonly rows: number;
}

async function countRows(
  { source }: TransferPair,
  tables: readonly TableShape[],
): Promise<readonly CountedTable[]> {
  const counted: CountedTable[] = [];
  for (const table of tables) counted.push({ table, rows: await source.count(table) });
  return counted;
}

/** Rows of a table by what became of them, with what the verification needs. */
interface Tally {
  readonly table: TableShape;
  readonly sourceRows: number;
  inserted: number;
  updated: number;
  unchanged: number;
  keptNewer: number;
  conflicts: number;
  rejected: number;
  readonly refused: Set<string>;
  readonly copied: CopiedChunk[];
}

class TransferRun {
  readonly #pair: TransferPair;
  readonly #options: TransferOptions;
  readonly #tables: readonly CountedTable[];

  constructor(pair: TransferPair, options: TransferOptions, tables: readonly CountedTable[]) {
    this.#pair = pair;
    this.#options = options;
    this.#tables = tables;
  }

  async copyAndVerify(): Promise<readonly TableReport[]> {
    const { progress } = this.#options;
    const rows = this.#tables.reduce((sum, table) => sum + table.rows, 0);
    progress?.begin('copy', rows);
    const tallies: Tally[] = [];
    for (const counted of this.#tables) {
      if (counted.table.parents.includes(MAPPED_TABLE)) await this.#mapIds();
      tallies.push(await this.#copy(counted));
    }
    progress?.begin('verify', rows);
    const readers = await this.#pair.target.openReaders();
    const reports: TableReport[] = [];
    for (const tally of tallies) reports.push(await this.#verify(tally, readers));
    progress?.end();
    return reports;
  }

  /** Compares without writing. Rows of a series that the target has not got yet count as new. */
  async compare(): Promise<readonly TableReport[]> {
    const { progress } = this.#options;
    progress?.begin(
      'compare',
      this.#tables.reduce((sum, table) => sum + table.rows, 0),
    );
    if (this.#pair.target.hasSchema) await this.#mapIds();
    const reports: TableReport[] = [];
    for (const counted of this.#tables) reports.push(await this.#compareTable(counted));
    progress?.end();
    return reports;
  }

  async #mapIds(): Promise<void> {
    const theirs = await this.#pair.target.readIds();
    const ids = [...(await this.#pair.source.readIds())].flatMap(([identity, id]) => {
      const other = theirs.get(identity);
      return other === undefined ? [] : [[id, other] as const];
    });
    await this.#pair.source.useIds(new Map(ids));
  }

  async #copy(counted: CountedTable): Promise<Tally> {
    const tally = newTally(counted);
    await copyTable(this.#pair, counted.table, (chunk, outcome) => {
      this.#count(tally, outcome);
      for (const { line } of outcome.refused) tally.refused.add(identityOf(tally.table, line));
      tally.copied.push(rememberChunk(tally.table, chunk));
      this.#advance(tally.table, chunk);
    });
    return tally;
  }

  async #compareTable(counted: CountedTable): Promise<TableReport> {
    const { table } = counted;
    const { source, target } = this.#pair;
    const tally = newTally(counted);
    const isEmpty = !target.hasSchema || (await target.isEmpty(table));
    // Nothing has to be read where all of it is new.
    let chunk = isEmpty ? undefined : await source.readChunk(table, undefined, CHUNK_LIMITS);
    while (chunk !== undefined) {
      const found = await compareChunk(target, table, chunk);
      const inserted = found.inserts.length + chunk.orphans.length;
      this.#count(tally, { ...found, inserted, updated: found.updates.length, refused: [] });
      this.#advance(table, chunk);
      chunk = await source.readChunk(table, chunk.last, CHUNK_LIMITS);
    }
    if (isEmpty) {
      tally.inserted = counted.rows;
      this.#options.progress?.advance(table.name, counted.rows);
    }
    for (const { line, reason } of await source.findUnstorableRows(table, target.limitsOf(table))) {
      tally.inserted -= 1;
      tally.rejected += 1;
      this.#list(table, 'rejected', line, reason);
    }
    return toReport(tally, undefined);
  }

  async #verify(tally: Tally, readers: readonly TargetReader[]): Promise<TableReport> {
    const { table } = tally;
    const verifier = new TableVerifier(this.#pair.source, table, tally.refused);
    const waiting = tally.copied.values();
    const work = async (reader: TargetReader): Promise<void> => {
      // All of them take from the same iterator.
      for (const chunk of waiting) {
        await verifier.check(chunk, reader);
        this.#options.progress?.advance(table.name, chunk.digest.rows + chunk.orphans);
      }
    };
    await Promise.all(readers.map(work));
    const verification = verifier.finish();
    for (const { line, reason } of verification.differences) {
      this.#list(table, 'difference', line, reason);
    }
    return toReport(tally, verification);
  }

  #count(tally: Tally, outcome: ChunkOutcome): void {
    tally.inserted += outcome.inserted;
    tally.updated += outcome.updated;
    tally.unchanged += outcome.same;
    tally.keptNewer += outcome.kept.length;
    tally.conflicts += outcome.conflicts.length;
    tally.rejected += outcome.refused.length;
    const { table } = tally;
    for (const line of outcome.kept)
      this.#list(table, 'kept_newer', line, 'the target has a newer row');
    for (const line of outcome.conflicts) {
      this.#list(table, 'conflict', line, 'both sides changed it under the same version');
    }
    for (const { line, reason } of outcome.refused) this.#list(table, 'rejected', line, reason);
  }

  #list(table: TableShape, outcome: RowOutcome, line: Line, reason: string): void {
    if (this.#options.onRow === undefined) return;
    const names = table.columns.map(({ name }) => name);
    const values = fieldsOf(table, line, names).map(readField);
    const row = Object.fromEntries(names.map((name, at) => [name, values[at] ?? null]));
    this.#options.onRow({ table: table.name, outcome, reason, row });
  }

  #advance(table: TableShape, chunk: Chunk): void {
    this.#options.progress?.advance(table.name, chunk.lines.length + chunk.orphans.length);
  }
}

function newTally({ table, rows }: CountedTable): Tally {
  return {
    table,
    sourceRows: rows,
    inserted: 0,
    updated: 0,
    unchanged: 0,
    keptNewer: 0,
    conflicts: 0,
    rejected: 0,
    refused: new Set<string>(),
    copied: [],
  };
}

function toReport(tally: Tally, verification: Verification | undefined): TableReport {
  return {
    table: tally.table.name,
    sourceRows: tally.sourceRows,
    inserted: tally.inserted,
    updated: tally.updated,
    unchanged: tally.unchanged,
    keptNewer: tally.keptNewer,
    conflicts: tally.conflicts,
    rejected: tally.rejected,
    verification: verification && {
      rows: verification.rows,
      sourceChecksum: verification.sourceSum.toString(16),
      targetChecksum: verification.targetSum.toString(16),
      differences: verification.differences.length,
    },
  };
}
