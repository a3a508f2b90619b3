import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { createGunzip } from 'node:zlib';
import { openPromise, type Entry, type ZipFile } from 'yauzl';
import { ConfigError, messageOf } from '../../lib/errors.js';

/** One read of this many bytes is parsed without a pause, so it stays within a few milliseconds. */
const READ_BYTES = 64 * 1024;
const MAX_ZIP_ENTRIES = 10_000;
const GZIP_MAGIC = Buffer.from([0x1f, 0x8b]);
const ZIP_MAGIC = Buffer.from('PK');
const UTF16_LE_MAGIC = Buffer.from([0xff, 0xfe]);

/** A text of prices: a file, or one entry of a zip archive. */
export interface TextSource {
  readonly file: string;
  /** Name of the entry; undefined outside an archive. */
  readonly entry: string | undefined;
}

export interface OpenedText {
  /** UTF-8, decompressed. */
  readonly bytes: AsyncIterable<Buffer>;
  /**
   * Whether the end of the text is its end for good. An archive is finished when it can be opened; a
   * plain file may still be written to.
   */
  readonly isComplete: boolean;
  /** Whether a later call may begin at a byte that this one has named. */
  readonly isSeekable: boolean;
  /** For progress: the unit is the file's or the entry's own bytes. */
  readonly totalBytes: number;
  bytesRead(): number;
  close(): void;
}

/** The texts in a file: itself, or the .csv and .txt entries of a zip archive in the order of their names. */
export async function listTexts(file: string): Promise<readonly TextSource[]> {
  const magic = await readMagic(file);
  if (!magic.subarray(0, 2).equals(ZIP_MAGIC)) return [{ file, entry: undefined }];
  const zip = await openZip(file);
  try {
    const entries = await listEntries(zip, file);
    if (entries.length === 0) {
      throw new ConfigError(
        `${file} holds no .csv or .txt file; of a workbook, save a sheet as CSV`,
      );
    }
    const names = entries.map(({ fileName }) => fileName).sort();
    return names.map((entry) => ({ file, entry }));
  } finally {
    zip.close();
  }
}

/**
 * Opens a text from its start, or from a byte of a seekable one.
 *
 * @throws ConfigError when the file cannot be read
 */
export async function openText(source: TextSource, fromByte = 0): Promise<OpenedText> {
  if (source.entry !== undefined) return openEntry(source.file, source.entry);
  const magic = await readMagic(source.file);
  const { size } = await stat(source.file);
  const raw = createReadStream(source.file, { start: fromByte, highWaterMark: READ_BYTES });
  const shared = { totalBytes: size, bytesRead: () => raw.bytesRead + fromByte };
  if (magic.subarray(0, 2).equals(GZIP_MAGIC)) {
    const bytes = raw.pipe(createGunzip({ chunkSize: READ_BYTES }));
    raw.on('error', (error) => bytes.destroy(error));
    const close = (): void => {
      raw.destroy();
      bytes.destroy();
    };
    return { ...shared, bytes, isComplete: true, isSeekable: false, close };
  }
  const close = (): void => void raw.destroy();
  if (magic.subarray(0, 2).equals(UTF16_LE_MAGIC)) {
    return { ...shared, bytes: decodeUtf16(raw), isComplete: false, isSeekable: false, close };
  }
  return { ...shared, bytes: raw, isComplete: false, isSeekable: true, close };
}

/** As reports show it. */
export function labelOf({ file, entry }: TextSource): string {
  return entry === undefined ? file : `${file}:${entry}`;
}

async function readMagic(file: string): Promise<Buffer> {
  try {
    if (!(await stat(file)).isFile()) throw new ConfigError(`${file} is no file`);
    const handle = await open(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file} cannot be read: ${messageOf(error)}`, { cause: error });
  }
}

async function openZip(file: string): Promise<ZipFile> {
  try {
    return await openPromise(file, { autoClose: false });
  } catch (error) {
    throw new ConfigError(`${file} is no whole zip archive: ${messageOf(error)}`, { cause: error });
  }
}

async function listEntries(zip: ZipFile, file: string): Promise<readonly Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) {
    const name = path.basename(entry.fileName);
    if (!/\.(csv|txt)$/i.test(name) || name.startsWith('.')) continue;
    if (entry.fileName.startsWith('__MACOSX/')) continue;
    entries.push(entry);
    if (entries.length > MAX_ZIP_ENTRIES) {
      throw new ConfigError(`${file} holds more than ${MAX_ZIP_ENTRIES} files: unpack it`);
    }
  }
  return entries;
}

async function openEntry(file: string, name: string): Promise<OpenedText> {
  const zip = await openZip(file);
  try {
    const entry = (await listEntries(zip, file)).find(({ fileName }) => fileName === name);
    if (entry === undefined) throw new ConfigError(`${file} holds no ${name}`);
    if (entry.isEncrypted()) throw new ConfigError(`${file}: ${name} is encrypted: unpack it`);
    const stream = await zip.openReadStreamPromise(entry);
    let read = 0;
    return {
      bytes: counted(stream, (bytes) => (read += bytes)),
      isComplete: true,
      isSeekable: false,
      totalBytes: entry.uncompressedSize,
      bytesRead: () => read,
      close: () => {
        stream.destroy();
        zip.close();
      },
    };
  } catch (error) {
    zip.close();
    if (error instanceof ConfigError) throw error;
    throw new ConfigError(`${file}: ${name}: ${messageOf(error)}`, { cause: error });
  }
}

async function* counted(stream: Readable, note: (bytes: number) => void): AsyncGenerator<Buffer> {
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    note(chunk.length);
    yield chunk;
  }
}

/** As Excel's "Unicode text" is written. */
async function* decodeUtf16(stream: Readable): AsyncGenerator<Buffer> {
  const decoder = new TextDecoder('utf-16le');
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    yield Buffer.from(decoder.decode(chunk, { stream: true }));
  }
}
