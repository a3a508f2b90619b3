import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeRecording } from '../../../test/demo/recording-files.js';
import { readFolder } from './read-folder.js';

const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-read-folder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hour = (at: number) => ({
  ...{ openTime: at * 3_600_000, open: 10, high: 11, low: 9, close: 10, volume: 5 },
});

it('a folder with two files of a symbol and timeframe is refused: both would trade', () => {
  const load = (symbols: readonly string[] | undefined) =>
    readFolder({ folder, timeframe: '1h', symbols });
  writeRecording(folder, 'BTC_USDT-1h.csv', [hour(1), hour(2)]);
  writeRecording(folder, 'BTC_USDT-1d.csv', [hour(24), hour(48)]);
  expect(load(undefined).symbols).toHaveLength(1);
  writeRecording(folder, 'BTC_USDT-1h.csv.gz', [hour(1), hour(3)]);
  expect(() => load(undefined)).toThrow(/both hold BTC\/USDT: keep one/);
  expect(() => load(['BTC/USDT'])).toThrow(/both hold BTC\/USDT: keep one/);
});
