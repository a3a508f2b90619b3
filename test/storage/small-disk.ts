import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

const FILLER_STEPS = [1 << 16, 1 << 12, 1];

/** A disk of a few megabytes in memory, to be filled. Only root may mount one. */
export class SmallDisk {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-disk-'));

  constructor(sizeKb: number) {
    if (!mount(this.folder, sizeKb)) throw new Error('no right to mount a disk');
  }

  /** Takes all the space that is left. */
  fill(): void {
    for (const step of FILLER_STEPS) {
      for (let count = 0; this.#tryWrite(`filler-${step}-${count}`, step); count++);
    }
  }

  /** Gives back what `fill` took. */
  free(): void {
    spawnSync('sh', ['-c', `rm -f '${this.folder}'/filler-*`]);
  }

  remove(): void {
    spawnSync('umount', ['--lazy', this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }

  #tryWrite(name: string, bytes: number): boolean {
    try {
      writeFileSync(path.join(this.folder, name), Buffer.alloc(bytes, 1));
      return true;
    } catch {
      return false;
    }
  }
}

function mount(folder: string, sizeKb: number): boolean {
  return spawnSync('mount', ['-t', 'tmpfs', '-o', `size=${sizeKb}k`, 'none', folder]).status === 0;
}

/** Why suites on a small disk are skipped on this machine; undefined where one can be mounted. */
export const smallDiskSkipReason: string | undefined = findSkipReason();

function findSkipReason(): string | undefined {
  try {
    new SmallDisk(64).remove();
    return undefined;
  } catch {
    return 'a disk of its own can only be mounted by root';
  }
}
