const NEWLINE = 10;

export interface LineSplitterOptions {
  /** A longer line is dropped up to its end and reported once. */
  readonly maxLineBytes: number;
  readonly onLine: (line: string) => void;
  readonly onOverlong: () => void;
}

/** Cuts a stream of bytes into lines without ever holding more than one line's limit. */
export class LineSplitter {
  #pieces: Buffer[] = [];
  #heldBytes = 0;
  #isSkipping = false;

  readonly #options: LineSplitterOptions;

  constructor(options: LineSplitterOptions) {
    this.#options = options;
  }

  push(chunk: Buffer): void {
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      this.#hold(chunk.subarray(from, end));
      this.#endLine();
      from = end + 1;
    }
    this.#hold(chunk.subarray(from));
  }

  #hold(piece: Buffer): void {
    if (this.#isSkipping) return;
    this.#pieces.push(piece);
    this.#heldBytes += piece.length;
    if (this.#heldBytes <= this.#options.maxLineBytes) return;
    this.#drop();
    this.#isSkipping = true;
    this.#options.onOverlong();
  }

  #endLine(): void {
    const line = Buffer.concat(this.#pieces).toString();
    const wasSkipping = this.#isSkipping;
    this.#drop();
    this.#isSkipping = false;
    if (!wasSkipping && line !== '') this.#options.onLine(line);
  }

  #drop(): void {
    this.#pieces = [];
    this.#heldBytes = 0;
  }
}
