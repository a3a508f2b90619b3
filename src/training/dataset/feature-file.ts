import { createHash, type Hash } from 'node:crypto';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import path from 'node:path';

const MAGIC = 'EVKF';
const VERSION = 1;
const PREFIX_BYTES = 12;
const ALIGNMENT = 64;
/** Hashed and written in pieces, so that the event loop is never held for long. */
const PIECE_BYTES = 1 << 20;
const SHA256_HEX_LENGTH = 64;

export interface FeatureTable {
  readonly names: readonly string[];
  readonly rows: number;
  /** Column-major: feature j of row i is `values[j * rows + i]`. */
  readonly values: Float32Array;
  /** 0 SELL, 1 HOLD, 2 BUY, -1 where the row has no label. */
  readonly labels: Int32Array;
  readonly forwardReturns: Float32Array;
  /** Epoch milliseconds, rising. */
  readonly openTimes: Float64Array;
}

export interface WrittenFeatureFile {
  /** Of the data after the header, which states it too. */
  readonly sha256: string;
  /** Size of the whole file. */
  readonly bytes: number;
}

interface Section {
  readonly name: string;
  readonly offset: number;
  readonly data: Buffer;
}

/**
 * Writes the binary file that the trainer maps into memory: magic, version, length of the header,
 * JSON header, zeros up to a multiple of 64, then the sections, each on a multiple of 64 counted from
 * the start of the data. Little-endian, as is every machine that Node runs on. The file appears under
 * its name only when it is whole and flushed.
 */
export async function writeFeatureFile(
  filePath: string,
  table: FeatureTable,
): Promise<WrittenFeatureFile> {
  assertConsistent(table);
  const temporaryPath = `${filePath}.tmp-${process.pid}`;
  try {
    const written = await writeTable(temporaryPath, table);
    await rename(temporaryPath, filePath);
    await flushDirectory(path.dirname(filePath));
    return written;
  } catch (error) {
    await rm(temporaryPath, { force: true });
    throw error;
  }
}

async function writeTable(filePath: string, table: FeatureTable): Promise<WrittenFeatureFile> {
  const sections = layOut(table);
  const dataStart = headerBytes(table, sections, '0'.repeat(SHA256_HEX_LENGTH)).length;
  const hash = createHash('sha256');
  const file = await open(filePath, 'w');
  try {
    let bytes = dataStart;
    for (const section of sections) bytes = await writeSection(file, hash, section, dataStart);
    const sha256 = hash.digest('hex');
    const header = headerBytes(table, sections, sha256);
    await file.write(header, 0, header.length, 0);
    await file.sync();
    return { sha256, bytes };
  } finally {
    await file.close();
  }
}

/** Writes one section and the zeros behind it; returns the file's length so far. */
async function writeSection(
  file: FileHandle,
  hash: Hash,
  section: Section,
  dataStart: number,
): Promise<number> {
  let position = dataStart + section.offset;
  const padding = Buffer.alloc(padded(section.data.length) - section.data.length);
  for (const source of [section.data, padding]) {
    for (let at = 0; at < source.length; at += PIECE_BYTES) {
      const piece = source.subarray(at, at + PIECE_BYTES);
      hash.update(piece);
      await file.write(piece, 0, piece.length, position);
      position += piece.length;
    }
  }
  return position;
}

function layOut(table: FeatureTable): Section[] {
  const columns: readonly [string, ArrayBufferView][] = [
    ['features', table.values],
    ['label', table.labels],
    ['forward_return', table.forwardReturns],
    ['open_time', table.openTimes],
  ];
  let offset = 0;
  return columns.map(([name, view]) => {
    const data = Buffer.from(view.buffer, view.byteOffset, view.byteLength);
    const section = { name, offset, data };
    offset += padded(data.length);
    return section;
  });
}

function headerBytes(table: FeatureTable, sections: readonly Section[], sha256: string): Buffer {
  const places = sections.map(({ name, offset, data }) => [name, { offset, bytes: data.length }]);
  const text = Buffer.from(
    JSON.stringify({
      rows: table.rows,
      columns: table.names,
      order: 'column-major',
      dtype: 'float32',
      sections: Object.fromEntries(places) as Record<string, { offset: number; bytes: number }>,
      sha256,
    }),
  );
  const header = Buffer.alloc(padded(PREFIX_BYTES + text.length));
  header.write(MAGIC, 0, 'latin1');
  header.writeUInt32LE(VERSION, 4);
  header.writeUInt32LE(text.length, 8);
  text.copy(header, PREFIX_BYTES);
  return header;
}

function padded(bytes: number): number {
  return Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;
}

function assertConsistent(table: FeatureTable): void {
  const lengths: readonly [string, number, number][] = [
    ['values', table.values.length, table.names.length * table.rows],
    ['labels', table.labels.length, table.rows],
    ['forwardReturns', table.forwardReturns.length, table.rows],
    ['openTimes', table.openTimes.length, table.rows],
  ];
  for (const [name, length, expected] of lengths) {
    if (length !== expected) throw new RangeError(`${name}: ${length} elements, not ${expected}`);
  }
  if (new Set(table.names).size !== table.names.length) {
    throw new RangeError('names: a feature is named twice');
  }
}

async function flushDirectory(directory: string): Promise<void> {
  const handle = await open(directory, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}
