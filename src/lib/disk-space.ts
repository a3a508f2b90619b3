import { statfsSync } from 'node:fs';

const FULL_CODES: ReadonlySet<unknown> = new Set(['ENOSPC', 'EDQUOT', 'SQLITE_FULL']);

/** Below this no file can be made or grown in any useful way. */
const FULL_BYTES = 65_536;

/** Whether a file or a database could not be written because its disk is full. */
export function isDiskFullError(error: unknown): boolean {
  return error instanceof Error && FULL_CODES.has((error as { code?: unknown }).code);
}

/** Whether the disk of a folder has no space left. SQLite then also says that a file cannot be opened. */
export function isDiskFull(folder: string): boolean {
  try {
    const { bavail, bsize } = statfsSync(folder);
    return bavail * bsize < FULL_BYTES;
  } catch {
    return false;
  }
}
