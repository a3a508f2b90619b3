import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { writeFeatureFile, type FeatureTable } from './feature-file.js';

interface Header {
  readonly rows: number;
  readonly columns: readonly string[];
  readonly sha256: string;
  readonly sections: Readonly<Record<string, { offset: number; bytes: number }>>;
}

const TABLE: FeatureTable = {
  names: ['a', 'b'],
  rows: 3,
  values: Float32Array.of(1, 2, 3, -1, NaN, 0.1),
  labels: Int32Array.of(0, 2, -1),
  forwardReturns: Float32Array.of(0.5, -0.25, 0),
  openTimes: Float64Array.of(1_700_000_000_001, 1_700_003_600_001, 1_700_007_200_001),
};

describe('writeFeatureFile', () => {
  let folder: string;
  const file = (): string => path.join(folder, 'table.evkf');

  beforeEach(async () => {
    folder = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-features-'));
  });

  afterEach(() => rm(folder, { recursive: true }));

  const read = async (): Promise<{ header: Header; data: Buffer; bytes: Buffer }> => {
    const bytes = await readFile(file());
    const headerEnd = 12 + bytes.readUInt32LE(8);
    const header = JSON.parse(bytes.subarray(12, headerEnd).toString()) as Header;
    return { header, data: bytes.subarray(Math.ceil(headerEnd / 64) * 64), bytes };
  };
  const section = (header: Header, data: Buffer, name: string): ArrayBuffer => {
    const place = header.sections[name] ?? { offset: NaN, bytes: NaN };
    expect(place.offset % 64).toBe(0);
    return new Uint8Array(data.subarray(place.offset, place.offset + place.bytes)).buffer;
  };

  it('begins with magic, version and a header that names rows and columns in order', async () => {
    await writeFeatureFile(file(), TABLE);
    const { header, bytes } = await read();
    expect(bytes.subarray(0, 4).toString()).toBe('EVKF');
    expect(bytes.readUInt32LE(4)).toBe(1);
    expect(header).toMatchObject({ rows: 3, columns: ['a', 'b'], order: 'column-major' });
  });

  it('holds every section bit for bit, on bounds of 64 bytes', async () => {
    await writeFeatureFile(file(), TABLE);
    const { header, data } = await read();
    expect(new Float32Array(section(header, data, 'features'))).toEqual(TABLE.values);
    expect(new Int32Array(section(header, data, 'label'))).toEqual(TABLE.labels);
    expect(new Float32Array(section(header, data, 'forward_return'))).toEqual(TABLE.forwardReturns);
    expect(new Float64Array(section(header, data, 'open_time'))).toEqual(TABLE.openTimes);
  });

  it('returns and states the hash of the data, and returns the size of the file', async () => {
    const written = await writeFeatureFile(file(), TABLE);
    const { header, data, bytes } = await read();
    expect(written.bytes).toBe(bytes.length);
    expect(header.sha256).toBe(written.sha256);
    expect(createHash('sha256').update(data).digest('hex')).toBe(written.sha256);
  });

  it('writes views into larger buffers and data of more than one piece', async () => {
    const rows = 300_000;
    const backing = new Float32Array(rows + 7).map((_, at) => at);
    await writeFeatureFile(file(), {
      names: ['only'],
      rows,
      values: backing.subarray(7),
      labels: new Int32Array(rows).fill(1),
      forwardReturns: new Float32Array(rows),
      openTimes: new Float64Array(rows).map((_, at) => at),
    });
    const { header, data } = await read();
    expect(new Float32Array(section(header, data, 'features'))).toEqual(backing.subarray(7));
  });

  it('replaces an older file and leaves no temporary one', async () => {
    await writeFeatureFile(file(), TABLE);
    const second = await writeFeatureFile(file(), { ...TABLE, labels: Int32Array.of(1, 1, 1) });
    expect((await read()).header.sha256).toBe(second.sha256);
    expect(await readdir(folder)).toEqual(['table.evkf']);
  });

  it('leaves nothing behind when it cannot write', async () => {
    await expect(writeFeatureFile(path.join(folder, 'no', 'x'), TABLE)).rejects.toThrow('ENOENT');
    expect(await readdir(folder)).toEqual([]);
  });

  it.each([
    ['values', { values: new Float32Array(5) }],
    ['labels', { labels: new Int32Array(2) }],
    ['forwardReturns', { forwardReturns: new Float32Array(4) }],
    ['openTimes', { openTimes: new Float64Array(0) }],
    ['names', { names: ['a', 'a'] }],
  ])('refuses %s that do not fit the rest', async (name, changed) => {
    await expect(writeFeatureFile(file(), { ...TABLE, ...changed })).rejects.toThrow(name);
  });
});
