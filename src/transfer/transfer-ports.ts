import type { Line } from './lines.js';
import type { TableShape } from './table-shapes.js';

/** Rows and the sum of the CRC-32 of their lines: equal for equal rows, in whatever order. */
export interface Digest {
  readonly rows: number;
  readonly sum: number;
}

/** Values of the order's columns, in the source's own terms. */
export type Cursor = readonly (string | bigint)[];

/** A stretch of the source's order, both ends included. */
export interface Stretch {
  readonly first: Cursor;
  readonly last: Cursor;
}

/** Rows of a table, one after the other in its order, in the target's terms. */
export interface Chunk extends Stretch {
  readonly lines: readonly Line[];
  readonly digest: Digest;
  /** Lines, in the source's terms, that refer to a row which the target does not have. */
  readonly orphans: readonly Line[];
}

export interface ChunkLimits {
  /** Rows asked for at once: the work between two turns of the event loop. */
  readonly stepRows: number;
  readonly maxRows: number;
}

/** The ids of mapped rows: the source's to the target's, as text. */
export type IdMap = Pick<ReadonlyMap<string, string>, 'get'>;

/** A column that holds less than the source's. */
export interface ColumnLimit {
  readonly column: string;
  /** Characters of a text, or the largest whole number. */
  readonly most: bigint;
}

/** Where rows come from: one moment of it, whatever is written meanwhile. */
export interface TransferSource {
  readonly place: string;
  /** The rows of a table. */
  count(table: TableShape): Promise<number>;
  /** The next rows after the cursor, from the start without one; undefined where there are none. */
  readChunk(
    table: TableShape,
    after: Cursor | undefined,
    limits: ChunkLimits,
  ): Promise<Chunk | undefined>;
  readAgain(table: TableShape, stretch: Stretch): Promise<Chunk>;
  /** The row with the given fields in its identity, undefined where there is none. */
  findLine(table: TableShape, identity: readonly string[]): Promise<Line | undefined>;
  /** Rows that a narrower column would not hold. */
  findUnstorableRows(
    table: TableShape,
    limits: readonly ColumnLimit[],
  ): Promise<readonly Refusal[]>;
  /** Identity to local id of the mapped table's rows. */
  readIds(): Promise<ReadonlyMap<string, string>>;
  /** Which ids the target has for the mapped rows, from now on. */
  useIds(ids: ReadonlyMap<string, string>): Promise<void>;
  /** Whether anything was written since the moment that is read. */
  wasChanged(): Promise<boolean>;
  close(): Promise<void>;
}

export type SqlValue = string | number | bigint | null;

/** Part of a table of the target, in SQL: a condition with its values. */
export interface Selector {
  readonly where: string;
  readonly values: readonly SqlValue[];
}

/** Rows to write, compared beforehand. */
export interface Changes {
  readonly inserts: readonly Line[];
  readonly updates: readonly Line[];
}

export interface Refusal {
  readonly line: Line;
  readonly reason: string;
}

export interface WriteResult {
  readonly refused: readonly Refusal[];
  /** Updates that came too late: the target's row has become newer meanwhile. */
  readonly overtaken: readonly Line[];
}

/** Reads what the target holds. */
export interface TargetReader {
  digest(table: TableShape, selectors: readonly Selector[]): Promise<Digest>;
  readLines(table: TableShape, selectors: readonly Selector[]): Promise<readonly Line[]>;
}

/** Where rows go. */
export interface TransferTarget extends TargetReader {
  readonly place: string;
  /** False where the schema is not there yet: then no table has rows. */
  readonly hasSchema: boolean;
  /** What its columns hold at most, where that is less than a source may have. */
  limitsOf(table: TableShape): readonly ColumnLimit[];
  isEmpty(table: TableShape): Promise<boolean>;
  /** Who may read at the same time once all is stored; one at least. Asked for once. */
  openReaders(): Promise<readonly TargetReader[]>;
  /** Rows that are set in one of the table's exclusive columns. */
  readExclusive(table: TableShape): Promise<readonly Line[]>;
  /** Takes the exclusive columns from rows that are about to be replaced. */
  release(table: TableShape, lines: readonly Line[]): Promise<void>;
  readIds(): Promise<ReadonlyMap<string, string>>;
  /**
   * One transaction: it stores all that is not refused, or nothing. `work` may be run again from its
   * start where the engine undid it.
   */
  transaction<T>(work: () => Promise<T>): Promise<T>;
  /** Stores rows that are thought to be absent; false, and nothing stored, where one cannot be. */
  tryInsert(table: TableShape, lines: readonly Line[]): Promise<boolean>;
  write(table: TableShape, changes: Changes): Promise<WriteResult>;
  close(): Promise<void>;
}
