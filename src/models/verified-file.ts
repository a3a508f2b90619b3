import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { messageOf, RejectedError } from '../lib/errors.js';

/** A file and what it must contain. */
export interface FileReference {
  readonly path: string;
  /** Lower-case hexadecimal. */
  readonly sha256: string;
  /** Exact size; undefined where only the hash is known. */
  readonly bytes: number | undefined;
}

/**
 * Reads a regular file and returns its bytes only if they are the ones that the reference names, so
 * that what was checked is what is used. Symbolic links are not followed.
 *
 * @throws RejectedError naming the file and what is wrong with it
 */
export async function readVerifiedFile(file: FileReference, maxBytes: number): Promise<Buffer> {
  const name = path.basename(file.path);
  const bytes = await readLimited(file.path, name, file.bytes ?? maxBytes);
  if (file.bytes !== undefined && bytes.length !== file.bytes) {
    throw new RejectedError(`${name} has ${bytes.length} bytes, expected ${file.bytes}`);
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (sha256 !== file.sha256) {
    throw new RejectedError(`${name} has sha256 ${sha256}, expected ${file.sha256}`);
  }
  return bytes;
}

async function readLimited(filePath: string, name: string, limitBytes: number): Promise<Buffer> {
  let handle: FileHandle | undefined;
  try {
    handle = await open(filePath, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    const stat = await handle.stat();
    if (!stat.isFile()) throw new RejectedError(`${name} is not a regular file`);
    if (stat.size > limitBytes) {
      throw new RejectedError(`${name} has ${stat.size} bytes, at most ${limitBytes} are expected`);
    }
    return await handle.readFile();
  } catch (error) {
    if (error instanceof RejectedError) throw error;
    throw new RejectedError(`${name} cannot be read: ${messageOf(error)}`, { cause: error });
  } finally {
    await handle?.close();
  }
}
