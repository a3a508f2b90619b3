import { closeSync, openSync, rmSync, writeSync } from 'node:fs';

/** A file of JSON lines that is only there when it has something to say: that of an earlier run goes. */
export class RowLog {
  private handle: number | undefined;
  private count = 0;

  constructor(readonly file: string) {}

  get rows(): number {
    return this.count;
  }

  start(): void {
    rmSync(this.file, { force: true });
  }

  write(row: object): void {
    this.handle ??= openSync(this.file, 'w', 0o600);
    writeSync(this.handle, `${JSON.stringify(row)}\n`);
    this.count += 1;
  }

  stop(): void {
    if (this.handle !== undefined) closeSync(this.handle);
    this.handle = undefined;
  }
}
