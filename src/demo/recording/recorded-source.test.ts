import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { steppedCandles, writeRecording, writeRows } from '../../../test/demo/recording-files.js';
import { temporaryFolder } from '../../../test/demo/demo-fixture.js';
import { ConfigError } from '../../lib/errors.js';
import { RecordedSource } from './recorded-source.js';

const HOUR_MS = 3_600_000;
const FROM_MS = Date.UTC(2024, 0, 1);

let folder: string;
let remove: () => void;

beforeEach(() => ({ folder, remove } = temporaryFolder()));
afterEach(() => remove());

const candles = steppedCandles({ fromMs: FROM_MS, stepMs: HOUR_MS, count: 40 });

describe('a folder of recordings', () => {
  it('is read plain or packed, and gives the candles as they are', () => {
    writeRecording(folder, 'BTC_USDT-1h.csv', candles);
    writeRecording(folder, 'ETH_USDT-1h.csv.gz', candles);
    const source = RecordedSource.open(folder);
    const span = { fromMs: FROM_MS, toMs: FROM_MS + 40 * HOUR_MS };
    expect(source.readBars('BTCUSDT', '1h', span)).toEqual(candles);
    expect(source.readBars('ETHUSDT', '1h', span)).toEqual(candles);
  });

  it('lists BTC, ETH and SOL first, then by name', () => {
    for (const base of ['ZEN', 'ETH', 'ADA', 'SOL', 'BTC']) {
      writeRecording(folder, `${base}_USDT-1h.csv`, candles);
    }
    const ids = RecordedSource.open(folder).instruments.map(({ base }) => base);
    expect(ids).toEqual(['BTC', 'ETH', 'SOL', 'ADA', 'ZEN']);
  });

  it('knows when each pair was listed and delisted', () => {
    writeRecording(folder, 'BTC_USDT-1h.csv', candles);
    writeRecording(folder, 'LATE_USDT-1h.csv', candles.slice(10, 30));
    const late = RecordedSource.open(folder).instruments[1];
    expect(late?.listedFromMs).toBe(FROM_MS + 10 * HOUR_MS);
    expect(late?.delistedAtMs).toBe(FROM_MS + 30 * HOUR_MS);
  });

  it('starts after three quarters of the span', () => {
    writeRecording(folder, 'BTC_USDT-1h.csv', candles);
    const source = RecordedSource.open(folder);
    expect(source.defaultStartMs).toBe(FROM_MS + 30 * HOUR_MS);
    expect([source.startMs, source.endMs]).toEqual([FROM_MS, FROM_MS + 40 * HOUR_MS]);
  });

  it('has the same hash whether packed or not, and another one when a value differs', () => {
    writeRecording(folder, 'BTC_USDT-1h.csv', candles);
    const { hash } = RecordedSource.open(folder);
    remove();
    writeRecording(folder, 'BTC_USDT-1h.csv.gz', candles);
    expect(RecordedSource.open(folder).hash).toBe(hash);
    remove();
    const changed = candles.map((candle, i) => (i === 20 ? { ...candle, volume: 9 } : candle));
    writeRecording(folder, 'BTC_USDT-1h.csv', changed);
    expect(RecordedSource.open(folder).hash).not.toBe(hash);
  });

  it('takes tick and step from the decimals of the values', () => {
    writeRows(folder, 'BTC_USDT-1h.csv', [`${FROM_MS},1.25,1.5,1.125,1.5,10.12345`]);
    const instrument = RecordedSource.open(folder).instruments[0];
    expect([instrument?.priceDecimals, instrument?.quantityDecimals]).toEqual([3, 5]);
  });

  it('leaves a missing bar out, and the bar at that time is the one before', () => {
    writeRecording(
      folder,
      'BTC_USDT-1h.csv',
      candles.filter((_, i) => i !== 5),
    );
    const source = RecordedSource.open(folder);
    const span = { fromMs: FROM_MS + 4 * HOUR_MS, toMs: FROM_MS + 7 * HOUR_MS };
    expect(source.readBars('BTCUSDT', '1h', span)).toEqual([candles[4], candles[6]]);
    expect(source.findBarAt('BTCUSDT', FROM_MS + 5.5 * HOUR_MS)).toEqual(candles[4]);
    expect(source.findBarAt('BTCUSDT', FROM_MS - 1)).toBeUndefined();
  });

  it('accepts a file with Windows line ends and empty lines at its end', () => {
    const text = `timestamp_ms,open,high,low,close,volume\r\n${FROM_MS},1,2,1,2,0\r\n\r\n\n`;
    writeFileSync(path.join(folder, 'BTC_USDT-1d.csv'), text);
    expect(RecordedSource.open(folder).instruments).toHaveLength(1);
  });
});

describe('a recording is refused', () => {
  const good = `${FROM_MS},100,101,99,100,5`;
  const next = FROM_MS + HOUR_MS;
  const bad: [what: string, row: string, reason: RegExp][] = [
    ['a value that is no number', `${next},100,abc,99,100,5`, /high NaN/],
    ['a missing column', `${next},100,101,99,100`, /volume NaN/],
    ['a column too many', `${next},100,101,99,100,5,1`, /volume NaN/],
    ['an empty volume', `${next},100,101,99,100,`, /volume NaN/],
    ['an empty price', `${next},,101,99,100,5`, /open 0/],
    ['a negative price', `${next},100,101,-99,100,5`, /low -99/],
    ['a negative volume', `${next},100,101,99,100,-5`, /volume -5/],
    ['an infinite price', `${next},100,Infinity,99,100,5`, /high Infinity/],
    ['a high below the close', `${next},100,99.5,99,100,5`, /high 99.5 lies below/],
    ['a low above the open', `${next},100,102,101,101,5`, /low 101 lies above/],
    ['a time off the grid', `${next + 1},100,101,99,100,5`, /not a multiple of 1h/],
    ['a time of no number', 'yesterday,100,101,99,100,5', /open time NaN/],
    ['the same time twice', good, /does not come after/],
    ['a time before the last one', `${FROM_MS - HOUR_MS},100,101,99,100,5`, /does not come after/],
    ['an empty line in the middle', '', /open NaN/],
  ];
  it.each(bad)('for %s, naming file and line', (_what, row, reason) => {
    writeRows(folder, 'BTC_USDT-1h.csv', [good, row, `${next + 9 * HOUR_MS},1,1,1,1,1`]);
    expect(() => RecordedSource.open(folder)).toThrow(ConfigError);
    expect(() => RecordedSource.open(folder)).toThrow(/BTC_USDT-1h\.csv line 3: /);
    expect(() => RecordedSource.open(folder)).toThrow(reason);
  });

  it('for another header, naming line 1', () => {
    writeFileSync(path.join(folder, 'BTC_USDT-1h.csv'), `time,o,h,l,c,v\n${good}\n`);
    expect(() => RecordedSource.open(folder)).toThrow(/BTC_USDT-1h\.csv line 1: the header/);
  });

  it('without a candle', () => {
    writeRows(folder, 'BTC_USDT-1h.csv', []);
    expect(() => RecordedSource.open(folder)).toThrow(/no candle/);
  });

  it('when it is not what its name says', () => {
    writeFileSync(path.join(folder, 'BTC_USDT-1h.csv.gz'), 'not packed');
    expect(() => RecordedSource.open(folder)).toThrow(/Cannot read .*BTC_USDT-1h\.csv\.gz/);
  });

  it('in a timeframe that there is not', () => {
    writeRecording(folder, 'BTC_USDT-7h.csv', candles);
    expect(() => RecordedSource.open(folder)).toThrow(/7h is not a timeframe/);
  });

  it('under a name that would leave it out', () => {
    writeRecording(folder, 'BTC_USDT-1h.csv', candles);
    writeRecording(folder, 'ethusdt-1h.csv.gz', candles);
    expect(() => RecordedSource.open(folder)).toThrow(/ethusdt-1h\.csv\.gz .* is not named like/);
  });

  it('beside another one of the same pair', () => {
    writeRecording(folder, 'BTC_USDT-1h.csv', candles);
    writeRecording(folder, 'BTC_USDT-1h.csv.gz', candles);
    expect(() => RecordedSource.open(folder)).toThrow(/both hold BTCUSDT/);
  });

  it('where there is no folder or no recording', () => {
    expect(() => RecordedSource.open(path.join(folder, 'none'))).toThrow(/DEMO_DATA: cannot read/);
    expect(() => RecordedSource.open(folder)).toThrow(/DEMO_DATA: no file named like/);
  });
});
