import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { writeRecording } from '../../../test/demo/recording-files.js';
import { SystemClock } from '../../lib/clock.js';
import { ConfigError } from '../../lib/errors.js';
import { fallbackSeries } from '../../signals/fallback-series.js';
import { loadFolder } from './load-folder.js';

const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-read-folder-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hour = (at: number) => ({
  ...{ openTime: at * 3_600_000, open: 10, high: 11, low: 9, close: 10, volume: 5 },
});

it('a folder with two files of a symbol and timeframe is refused: both would trade', async () => {
  const load = (symbols: readonly string[] | undefined) =>
    loadFolder({ folder, timeframe: '1h', symbols }, new SystemClock());
  writeRecording(folder, 'BTC_USDT-1h.csv', [hour(1), hour(2)]);
  writeRecording(folder, 'BTC_USDT-1d.csv', [hour(24), hour(48)]);
  expect((await load(undefined)).symbols).toHaveLength(1);
  writeRecording(folder, 'BTC_USDT-1h.csv.gz', [hour(1), hour(3)]);
  await expect(load(undefined)).rejects.toThrow(/both hold BTC\/USDT: keep one/);
  await expect(load(['BTC/USDT'])).rejects.toThrow(/both hold BTC\/USDT: keep one/);
});

it('candles are read as they stand in the files, and what the rules say comes with them', async () => {
  const own = path.join(folder, 'own');
  mkdirSync(own);
  const candles = Array.from({ length: 60 }, (_, at) => ({
    ...hour(at),
    close: 10 + (at % 7) / 10,
  }));
  writeRecording(own, 'BTC_USDT-1h.csv', candles);
  writeRecording(own, 'ETH_USDT-1h.csv', candles.slice(0, 55));
  const request = { folder: own, timeframe: '1h', symbols: undefined } as const;
  const history = await loadFolder(request, new SystemClock());
  expect(history.symbols.map(({ instrument }) => instrument.symbol)).toEqual([
    'BTC/USDT',
    'ETH/USDT',
  ]);
  expect(history.symbols.map(({ columns }) => columns.length)).toEqual([60, 55]);
  for (const { columns, rules } of history.symbols) {
    expect([...columns.close]).toEqual(candles.slice(0, columns.length).map(({ close }) => close));
    expect(rules).toEqual(fallbackSeries(columns));
  }
  expect(await loadFolder(request, new SystemClock())).toEqual(history);
});

it('a file that is wrong is named with its line', async () => {
  const own = path.join(folder, 'wrong');
  mkdirSync(own);
  writeRecording(own, 'BTC_USDT-1h.csv', [hour(1), hour(2)]);
  writeRecording(own, 'ETH_USDT-1h.csv', [hour(2), hour(1)]);
  const request = { folder: own, timeframe: '1h', symbols: undefined } as const;
  const loading = loadFolder(request, new SystemClock());
  await expect(loading).rejects.toThrow(ConfigError);
  await expect(loading).rejects.toThrow(/ETH_USDT-1h\.csv line 3: .* does not come after/);
});
