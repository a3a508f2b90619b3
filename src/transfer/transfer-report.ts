import { closeSync, openSync, rmSync, writeSync } from 'node:fs';

/** What became of one table; counts are rows. */
export interface TableReport {
  readonly table: string;
  readonly sourceRows: number;
  /** Stored; in a dry run, to be stored. */
  readonly inserted: number;
  readonly updated: number;
  readonly unchanged: number;
  /** The target's row is newer and stayed. */
  readonly keptNewer: number;
  /** Changed on both sides under the same version; the target's row stayed. */
  readonly conflicts: number;
  readonly rejected: number;
  /** Undefined after a dry run. */
  readonly verification: VerificationReport | undefined;
}

export interface VerificationReport {
  /** Rows that both sides were asked for. */
  readonly rows: number;
  readonly sourceChecksum: string;
  readonly targetChecksum: string;
  /** Rows that are missing or differ, conflicts included. */
  readonly differences: number;
}

export interface TransferReport {
  readonly source: string;
  readonly target: string;
  readonly isDryRun: boolean;
  /** A dry run found no schema; a real one would make it. */
  readonly makesSchema: boolean;
  readonly tables: readonly TableReport[];
  readonly elapsedMs: number;
  /** Somebody wrote to the source meanwhile: another run carries that over. */
  readonly sourceChanged: boolean;
  /** False where a row was refused or differs: the second of the exit codes. */
  readonly isClean: boolean;
}

export type RowOutcome = 'rejected' | 'kept_newer' | 'conflict' | 'difference';

/** One row that a person may want to look at. */
export interface ListedRow {
  readonly table: string;
  readonly outcome: RowOutcome;
  readonly reason: string;
  /** Column to value as text; NULL as null. */
  readonly row: Readonly<Record<string, string | null>>;
}

/** A file of JSON lines that is only there when it has something to say: that of an earlier run goes. */
export class RowLog {
  #handle: number | undefined;
  #count = 0;

  readonly file: string;

  constructor(file: string) {
    this.file = file;
  }

  get rows(): number {
    return this.#count;
  }

  start(): void {
    rmSync(this.file, { force: true });
  }

  write(row: object): void {
    this.#handle ??= openSync(this.file, 'w', 0o600);
    writeSync(this.#handle, `${JSON.stringify(row)}\n`);
    this.#count += 1;
  }

  stop(): void {
    if (this.#handle !== undefined) closeSync(this.#handle);
    this.#handle = undefined;
  }
}
