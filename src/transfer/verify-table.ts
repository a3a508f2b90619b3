import { crc32 } from 'node:zlib';
import { compareRows } from './compare-rows.js';
import { readStored } from './copy-table.js';
import { identityOf, type Line } from './lines.js';
import { selectRows } from './row-statements.js';
import type { TableShape } from './table-shapes.js';
import type {
  Chunk,
  Digest,
  Selector,
  Stretch,
  TargetReader,
  TransferSource,
} from './transfer-ports.js';

/** A copied chunk as it is remembered for the verification: small, however long the copy ran. */
export interface CopiedChunk extends Stretch {
  readonly digest: Digest;
  readonly orphans: number;
  /** Where they are short; otherwise they are made again from the source. */
  readonly selectors: readonly Selector[] | undefined;
}

/** What both sides say about the rows that are meant to be equal. */
export interface Verification {
  readonly rows: number;
  /** Sums of the rows' CRC-32 as the source gave them and as the target has them. */
  readonly sourceSum: bigint;
  readonly targetSum: bigint;
  readonly differences: readonly Difference[];
}

export interface Difference {
  readonly line: Line;
  readonly reason: string;
}

export function rememberChunk(table: TableShape, chunk: Chunk): CopiedChunk {
  const { first, last, digest, orphans } = chunk;
  const selectors = table.isRange ? selectRows(table, chunk.lines) : undefined;
  return { first, last, digest, orphans: orphans.length, selectors };
}

/** Compares what the target now has under the copied keys with what was read. */
export class TableVerifier {
  #rows = 0;
  #sourceSum = 0n;
  #targetSum = 0n;
  readonly #differences: Difference[] = [];

  readonly #source: TransferSource;
  readonly #table: TableShape;
  /** Identities of rows that the target refused: they are known to be absent. */
  readonly #refused: ReadonlySet<string>;

  constructor(source: TransferSource, table: TableShape, refused: ReadonlySet<string>) {
    this.#source = source;
    this.#table = table;
    this.#refused = refused;
  }

  /** Several may run at the same time, each with a reader of its own. */
  async check(copied: CopiedChunk, reader: TargetReader): Promise<void> {
    const { digest } = copied;
    const chunk = copied.selectors === undefined ? await this.#readAgain(copied) : undefined;
    const selectors = copied.selectors ?? selectRows(this.#table, chunk?.lines ?? []);
    const held = await reader.digest(this.#table, selectors);
    if (held.rows === digest.rows && held.sum === digest.sum) {
      this.#rows += digest.rows;
      this.#sourceSum += BigInt(digest.sum);
      this.#targetSum += BigInt(held.sum);
      return;
    }
    await this.#checkRows(chunk ?? (await this.#readAgain(copied)), reader);
  }

  finish(): Verification {
    return {
      rows: this.#rows,
      sourceSum: this.#sourceSum,
      targetSum: this.#targetSum,
      differences: this.#differences,
    };
  }

  #readAgain(copied: CopiedChunk): Promise<Chunk> {
    return this.#source.readAgain(this.#table, copied);
  }

  /** Row by row, leaving out what the target rightly has otherwise: newer rows, and refused ones. */
  async #checkRows({ lines }: Chunk, reader: TargetReader): Promise<void> {
    const stored = await readStored(reader, this.#table, lines);
    for (const line of lines) {
      const identity = identityOf(this.#table, line);
      const held = stored.get(identity);
      const verdict = compareRows(this.#table, line, held);
      if (verdict === 'same') this.#count(line);
      else if (verdict === 'older' || this.#refused.has(identity)) continue;
      else this.#differences.push({ line, reason: REASONS[verdict] });
    }
  }

  /**
   * For a row that `compareRows` has found to be the same, field by field, in what the target sent just
   * now. Two spellings of one number, or when it was stored, make other bytes of it and mean nothing: so
   * both sums take the source's. They do not prove these rows, the comparison does; rows that differ are
   * in neither sum and listed as differences, without which the two sums are equal.
   */
  #count(line: Line): void {
    const sum = BigInt(crc32(line));
    this.#rows += 1;
    this.#sourceSum += sum;
    this.#targetSum += sum;
  }
}

const REASONS = {
  new: 'is not in the target',
  newer: 'is still the older one in the target',
  older: 'is newer in the target',
  conflict: 'differs in the target under the same version',
  same: 'is the same',
} as const;
