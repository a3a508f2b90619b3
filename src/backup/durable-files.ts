import { createReadStream, createWriteStream } from 'node:fs';
import { open, rename } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, createGzip } from 'node:zlib';
import { isDiskFullError } from '../lib/disk-space.js';
import { ConfigError, messageOf } from '../lib/errors.js';

/** Compresses a file or a stream to a file that is on the disk when this answers. */
export async function compress(from: string | Readable, to: string): Promise<void> {
  const source = typeof from === 'string' ? createReadStream(from) : from;
  await onDisk(to, () => pipeline(source, createGzip(), newFile(to)));
}

/** @throws ConfigError when the compressed file is cut off or damaged */
export async function expand(from: string, to: string): Promise<void> {
  await onDisk(to, () => pipeline(expanded(from), newFile(to)));
}

/** The content of a file, decompressed where its name says that it is compressed. */
export function expanded(file: string): Readable {
  const raw = createReadStream(file);
  if (!file.endsWith('.gz')) return raw;
  const gunzip = createGunzip();
  raw.on('error', (error) => gunzip.destroy(error));
  return raw.pipe(gunzip);
}

function newFile(file: string): ReturnType<typeof createWriteStream> {
  return createWriteStream(file, { mode: 0o600, flags: 'wx' });
}

async function onDisk(file: string, write: () => Promise<void>): Promise<void> {
  try {
    await write();
    await sync(file);
  } catch (error) {
    throw nameDiskError(error, path.dirname(file));
  }
}

/** Gives a finished file its name: at no moment is there a part of it under that name. */
export async function renameDurably(from: string, to: string): Promise<void> {
  await rename(from, to);
  await sync(path.dirname(to));
}

/** Waits until a file, or a folder's names, are on the disk. */
export async function sync(file: string): Promise<void> {
  const handle = await open(file, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Names a full disk, a damaged archive and a missing right; everything else stays as it is. */
export function nameDiskError(error: unknown, folder: string): unknown {
  const code = (error as { code?: unknown }).code;
  if (isDiskFullError(error)) {
    return new ConfigError(`The disk of ${folder} is full: free space or name another folder`, {
      cause: error,
    });
  }
  if (typeof code === 'string' && code.startsWith('Z_')) {
    return new ConfigError(`The archive is damaged or cut off (${messageOf(error)})`, {
      cause: error,
    });
  }
  if (code === 'EACCES' || code === 'EROFS' || code === 'EPERM' || code === 'ENOENT') {
    return new ConfigError(messageOf(error), { cause: error });
  }
  return error;
}
