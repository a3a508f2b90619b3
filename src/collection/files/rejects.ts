import { existsSync } from 'node:fs';
import { appendFile, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { RefusalKind } from './price-rows.js';

export interface RejectedRow {
  /** In the file, from 1. */
  readonly line: number;
  readonly kind: RefusalKind;
  readonly reason: string;
  /** The line, shortened. */
  readonly text: string;
}

const HEADINGS = 'line,reason,row\n';

/** The lines of one file that could not be used, as a file of their own: written on as they are found. */
export class RejectsFile {
  readonly #path: string;
  #waiting: RejectedRow[] = [];
  readonly #isContinued: boolean;
  #isBegun = false;

  /** @param isContinued adds to the file of the import that this one goes on from */
  constructor(file: string, isContinued = false) {
    this.#path = file;
    this.#isContinued = isContinued;
  }

  add(row: RejectedRow): void {
    this.#waiting.push(row);
  }

  async flush(): Promise<void> {
    if (this.#waiting.length === 0) return;
    const lines = this.#waiting.map(toLine).join('');
    this.#waiting = [];
    if (!this.#isBegun) {
      await mkdir(path.dirname(this.#path), { recursive: true });
      if (!this.#isContinued || !existsSync(this.#path)) await writeFile(this.#path, HEADINGS);
      this.#isBegun = true;
    }
    await appendFile(this.#path, lines);
  }

  /** Writes what is left; without any such lines, the file of an earlier import is removed. */
  async close(): Promise<void> {
    await this.flush();
    if (!this.#isBegun && !this.#isContinued) await rm(this.#path, { force: true });
  }
}

function toLine({ line, reason, text }: RejectedRow): string {
  const quote = (cell: string): string => `"${cell.replaceAll('"', '""')}"`;
  return `${line},${quote(reason)},${quote(text)}\n`;
}
