import { mkdtempSync, readdirSync, rmSync, truncateSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { readImportRecords, recordOfRefusal, writeImportRecord } from './import-record.js';

const folder = mkdtempSync(path.join(os.tmpdir(), 'evenkeel-records-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const record = (file: string) =>
  recordOfRefusal({ file, venue: 'csv:own', timeframe: '1d', at: 1 }, 'it has no closes');
const files = async () => (await readImportRecords(folder)).map(({ file }) => file).sort();

it('the records of two files never share a file, whatever the signs and the length of their names', async () => {
  const names = ['比特币.csv', '以太坊.csv', 'a b.csv', 'a_b.csv', `${'币'.repeat(80)}.csv`];
  for (const name of names) await writeImportRecord(folder, record(name));
  expect(await files()).toEqual([...names].sort());
});

it('the record of a file replaces the one of its earlier import', async () => {
  await writeImportRecord(folder, record('a b.csv'));
  expect((await files()).filter((file) => file === 'a b.csv')).toHaveLength(1);
});

it('a record that was cut off hides no other', async () => {
  const [first = ''] = readdirSync(folder).sort();
  truncateSync(path.join(folder, first), 20);
  expect(await files()).toHaveLength(4);
});
