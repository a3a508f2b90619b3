import {
  closeSync,
  existsSync,
  fdatasyncSync,
  fstatSync,
  openSync,
  readFileSync,
  readSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { replaceFile } from '../../lib/replace-file.js';
import { EMBEDDING_SIZE } from '../transform/embed-windows.js';

/** What the rows of a file were computed with, and the bar of the first row. */
export interface SeriesHeader {
  readonly version: number;
  /** Symbol of the reference; null where there is none. */
  readonly reference: string | null;
  readonly firstIndex: number;
}

export interface SeriesState extends SeriesHeader {
  readonly rows: number;
}

const HEADER_BYTES = 256;
const CLOSE_BYTES = 8;
/** A close, then the numbers of the embedding. */
export const ROW_BYTES = CLOSE_BYTES + 2 * EMBEDDING_SIZE;

/** The state of the file; undefined where there is none, or none that can be read. */
export function readState(file: string): SeriesState | undefined {
  if (!existsSync(file)) return undefined;
  const handle = openSync(file, 'r');
  try {
    const header = readHeader(handle);
    return header === undefined ? undefined : { ...header, rows: countRows(handle) };
  } finally {
    closeSync(handle);
  }
}

/** Begins the file anew. */
export function createFile(file: string, header: SeriesHeader): void {
  const { version, reference, firstIndex } = header;
  const text = JSON.stringify({ version, reference, firstIndex });
  const padding = HEADER_BYTES - Buffer.byteLength(text) - 1;
  replaceFile(file, `${text}${' '.repeat(padding)}\n`);
}

/** Writes rows after the `rows` that stand; they are on the disk when this returns. */
export function appendRows(file: string, rows: number, bytes: Buffer): void {
  const handle = openSync(file, 'r+');
  try {
    writeSync(handle, bytes, 0, bytes.length, HEADER_BYTES + rows * ROW_BYTES);
    fdatasyncSync(handle);
  } finally {
    closeSync(handle);
  }
}

export function cutRows(file: string, rows: number): void {
  truncateSync(file, HEADER_BYTES + rows * ROW_BYTES);
}

export function readRows(file: string, from: number, to: number): Buffer {
  const bytes = Buffer.alloc((to - from) * ROW_BYTES);
  const handle = openSync(file, 'r');
  try {
    readSync(handle, bytes, 0, bytes.length, HEADER_BYTES + from * ROW_BYTES);
    return bytes;
  } finally {
    closeSync(handle);
  }
}

/** SHA-256 of header and rows. */
export function checksumOf(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}

function readHeader(handle: number): SeriesHeader | undefined {
  const bytes = Buffer.alloc(HEADER_BYTES);
  if (readSync(handle, bytes, 0, HEADER_BYTES, 0) < HEADER_BYTES) return undefined;
  try {
    const { version, reference, firstIndex } = JSON.parse(bytes.toString('utf8')) as SeriesHeader;
    return { version, reference, firstIndex };
  } catch {
    return undefined;
  }
}

/** A kill can leave a part of a row, a power cut rows of zeros: neither counts. No close is 0. */
function countRows(handle: number): number {
  let rows = Math.max(0, Math.floor((fstatSync(handle).size - HEADER_BYTES) / ROW_BYTES));
  const close = Buffer.alloc(CLOSE_BYTES);
  for (; rows > 0; rows--) {
    readSync(handle, close, 0, CLOSE_BYTES, HEADER_BYTES + (rows - 1) * ROW_BYTES);
    if (close.readDoubleLE(0) !== 0) break;
  }
  return rows;
}
