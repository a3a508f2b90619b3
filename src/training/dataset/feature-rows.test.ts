import { mkdtemp, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { writeFeatureFile } from './feature-file.js';
import { readFeatureRows } from './feature-rows.js';

const ROWS = 5;
const TABLE = {
  names: ['a', 'b', 'c'],
  rows: ROWS,
  values: Float32Array.from({ length: 3 * ROWS }, (_, at) => at + 0.5),
  labels: Int32Array.of(0, 1, 2, 1, 0),
  forwardReturns: new Float32Array(ROWS),
  openTimes: Float64Array.from({ length: ROWS }, (_, at) => at * 1000),
};

describe('readFeatureRows', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'evenkeel-rows-'));
    file = path.join(folder, 'table.evkf');
    await writeFeatureFile(file, TABLE);
  });
  afterAll(() => rm(folder, { recursive: true }));

  it('reads the columns asked for, in the order asked for, row by row', async () => {
    const rows = await readFeatureRows(file, ['c', 'a'], { from: 1, to: 4 });
    expect([...rows.values]).toEqual([11.5, 1.5, 12.5, 2.5, 13.5, 3.5]);
    expect([...rows.labels]).toEqual([1, 2, 1]);
  });

  it('names a column that is not there', async () => {
    await expect(readFeatureRows(file, ['z'], { from: 0, to: 1 })).rejects.toThrow('no column z');
  });

  it('refuses a file that was cut', async () => {
    const cut = path.join(folder, 'cut.evkf');
    await writeFeatureFile(cut, TABLE);
    await truncate(cut, 200);
    const reading = readFeatureRows(cut, ['c'], { from: 0, to: ROWS });
    await expect(reading).rejects.toThrow(/ends too early|JSON/);
  });
});
