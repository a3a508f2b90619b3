import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { bitsFrom, bitsOf, WORKSPACE } from '../../test/golden/feature-rows.js';
import { cutColumns, mulberry32, parseCandles } from '../../test/golden/generated-series.js';
import { findTestData } from '../../test/test-data.js';
import { toColumns, type CandleColumns } from '../domain/candle-columns.js';
import { computeFeatureMatrix, computeFeatureRow, REQUIRED_BARS } from './feature-matrix.js';

/** Liquid and thin, old and young (DOGS, EURI and SLF were listed late). */
const SYMBOLS = [
  'ETH',
  'SOL',
  'XRP',
  'DOGE',
  'ADA',
  'BTC',
  'LINK',
  'LTC',
  'AVAX',
  'PEPE',
  '1000SATS',
  'ACA',
  'BIFI',
  'VITE',
  'WING',
  'TAO',
  'DOGS',
  'EURI',
  'SLF',
  'RENDER',
  'TON',
];
const ROWS_PER_SYMBOL = 25;

const files = SYMBOLS.map((symbol) => ({
  symbol,
  file: findTestData(`binance_2024_1h/${symbol}_USDT-1h.csv.gz`),
})).filter(({ file }) => file !== undefined);

describe.skipIf(files.length === 0)('look-ahead on recorded hours', () => {
  const reference = load(findTestData('binance_2024_1h/BTC_USDT-1h.csv.gz'));

  it.each(files)('$symbol: rows ignore every later candle and the start of history', ({ file }) => {
    const series = load(file);
    const end = series.firstIndex + series.length;
    const random = mulberry32(end);
    const request = { reference, workspace: WORKSPACE };
    const whole = computeFeatureMatrix({
      ...request,
      series,
      fromIndex: series.firstIndex,
      toIndex: end,
    });
    expect(whole.isUsable.every((flag) => flag === 1)).toBe(true);
    for (let row = 0; row < ROWS_PER_SYMBOL; row++) {
      const index = series.firstIndex + Math.floor(random() * series.length);
      const changed = withWildFuture(series, index, random);
      const from = Math.max(index - REQUIRED_BARS + 1, series.firstIndex);
      const short = cutColumns(changed, from, end);
      const { values } = computeFeatureRow({ ...request, series: short, index });
      expect(bitsFrom(values)).toEqual(bitsOf(whole, index));
    }
  });
});

/** A recording whose first candle counts as the venue's first. */
function load(file: string | undefined): CandleColumns {
  const candles = file === undefined ? [] : parseCandles(gunzipSync(readFileSync(file)).toString());
  const firstBarIndex = (candles[0]?.openTime ?? 0) / 3_600_000;
  return toColumns(candles, { timeframe: '1h', firstBarIndex, isKnownGap: () => true });
}

function withWildFuture(series: CandleColumns, index: number, random: () => number): CandleColumns {
  const copy = cutColumns(series, series.firstIndex, series.firstIndex + series.length);
  for (let i = index - series.firstIndex + 1; i < copy.length; i++) {
    const price = 1e4 * random();
    copy.open[i] = price;
    copy.high[i] = 2 * price;
    copy.low[i] = price / 2;
    copy.close[i] = price;
    copy.volume[i] = random();
  }
  return copy;
}
