import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { findTestData } from '../../../test/test-data.js';
import { evaluateExpression } from '../../../test/golden/evaluate-expression.js';
import {
  formatCandles,
  generateCandles,
  GOLDEN_SERIES,
  parseCandles,
  readGolden,
} from '../../../test/golden/generated-series.js';
import type { Candle } from '../../domain/candle.js';
import { toColumns, type CandleColumns } from '../../domain/candle-columns.js';
import type { Expression } from '../definition/expression.js';
import { minus, over } from './arithmetic.js';
import { ema, kama, sma, tema, wma } from './averages.js';
import { adx, aroonOscillator, minusDi, plusDi } from './direction.js';
import { mfi } from './flow.js';
import { BASE } from './inputs.js';
import * as momentum from './momentum.js';
import { atr, bollinger, donchian, trueRange } from './ranges.js';
import { correlation, deviation, highest, lowest, mean, slope } from './windows.js';

const { close, high, low, volume } = BASE;
const MACD = [12, 26, 9] as const;
const BANDS = bollinger(close, 20);
const FAST_K = momentum.stochasticFastK(BASE, 14);

/** What a TA-Lib column is in terms of ours: an expression and the factor from its unit to TA-Lib's. */
type Counterpart = readonly [expression: Expression, factor: number | 'price'];

const COUNTERPARTS: Readonly<Record<string, Counterpart>> = {
  sma20: [sma(close, 20), 'price'],
  sma200: [sma(close, 200), 'price'],
  ema20: [ema(close, 20), 'price'],
  ema50: [ema(close, 50), 'price'],
  wma20: [wma(close, 20), 'price'],
  tema20: [tema(close, 20), 'price'],
  kama10: [kama(close, 10), 'price'],
  rsi7: [momentum.rsi(close, 7), 100],
  rsi14: [momentum.rsi(close, 14), 100],
  cmo14: [momentum.cmo(close, 14), 100],
  macd: [momentum.macd(close, 12, 26), 'price'],
  macd_signal: [momentum.macdSignal(close, MACD), 'price'],
  macd_hist: [momentum.macdHistogram(close, MACD), 'price'],
  bb_up: [BANDS.upper, 'price'],
  bb_mid: [BANDS.middle, 'price'],
  bb_low: [BANDS.lower, 'price'],
  stddev20: [deviation(close, 20), 'price'],
  stddev100: [deviation(close, 100), 'price'],
  atr14: [atr(BASE, 14), 'price'],
  natr14: [over(atr(BASE, 14), close), 100],
  trange: [trueRange(BASE), 'price'],
  adx14: [adx(BASE, 14), 100],
  plus_di14: [plusDi(BASE, 14), 100],
  minus_di14: [minusDi(BASE, 14), 100],
  aroonosc25: [aroonOscillator(BASE, 25), 100],
  slow_k: [momentum.stochasticSlowK(BASE, 14), 100],
  slow_d: [momentum.stochasticSlowD(BASE, 14), 100],
  fast_k: [FAST_K, 100],
  fast_d: [mean(FAST_K, 3), 100],
  stochrsi14: [momentum.stochasticRsi(close, 14), 100],
  cci20: [momentum.cci(BASE, 20), 1],
  mfi14: [mfi(BASE, 14), 100],
  willr14: [minus(FAST_K, over(close, close)), 100],
  roc10: [momentum.roc(close, 10), 100],
  trix15: [momentum.trix(close, 15), 100],
  ultosc: [momentum.ultimateOscillator(BASE, [7, 14, 28]), 100],
  slope20: [slope(close, 20), 'price'],
  correl48: [correlation(close, volume, 48), 1],
  max100: [highest(high, 100), 'price'],
  min100: [lowest(low, 100), 'price'],
  midprice26: [donchian(BASE, 26).middle, 'price'],
};

/** OBV and SAR remember from the first bar on and have no bounded form. */
const NOT_COMPARED = new Set(['obv', 'sar']);

/** Recursive indicators have forgotten their seeds after this many bars. */
const WARM_UP_BARS = 500;

const GREATEST_DIFFERENCE = 1e-8;

describe('indicators against TA-Lib on a generated series', () => {
  const candles = parseCandles(readGolden('series-1h.csv'));
  const golden = parseTable(readGolden('talib-1h.csv'));

  it('uses the series that the generator makes', () => {
    expect(readGolden('series-1h.csv')).toBe(formatCandles(generateCandles(GOLDEN_SERIES)));
  });

  it.each(golden.names)('%s agrees to 1e-8', (name) => {
    const difference = greatestDifference(name, candles, golden);
    expect(difference).toBeLessThanOrEqual(GREATEST_DIFFERENCE);
  });
});

const recorded = findTestData('golden/talib_BTC_USDT-1h_2024.csv.gz');
const recordedCandles = findTestData('binance_2024_1h/BTC_USDT-1h.csv.gz');

describe.skipIf(recorded === undefined || recordedCandles === undefined)(
  'indicators against TA-Lib on recorded BTC/USDT hours',
  () => {
    const candles = recordedCandles === undefined ? [] : parseCandles(readGzip(recordedCandles));
    const golden =
      recorded === undefined ? { names: [], rows: new Map() } : parseTable(readGzip(recorded));

    it.each(golden.names.filter((name) => !NOT_COMPARED.has(name)))('%s agrees to 1e-8', (name) => {
      const difference = greatestDifference(name, candles, golden);
      expect(difference).toBeLessThanOrEqual(GREATEST_DIFFERENCE);
    });
  },
);

interface Table {
  readonly names: readonly string[];
  /** Values by open time and then by name. */
  readonly rows: ReadonlyMap<number, Readonly<Record<string, number>>>;
}

function parseTable(csv: string): Table {
  const [header = '', ...lines] = csv.trim().split('\n');
  const names = header.split(',').slice(1);
  const rows = new Map(
    lines.map((line) => {
      const [time, ...cells] = line.split(',');
      const values = names.map((name, at) => [name, parseCell(cells[at])] as const);
      return [Number(time), Object.fromEntries(values)] as const;
    }),
  );
  return { names, rows };
}

function parseCell(cell: string | undefined): number {
  return cell === undefined || cell === '' ? NaN : Number(cell);
}

function readGzip(path: string): string {
  return gunzipSync(readFileSync(path)).toString();
}

/** Differences relative to the larger of the value and the column's typical size, for crossings of 0. */
function greatestDifference(name: string, candles: readonly Candle[], golden: Table): number {
  const [expression, factor] = COUNTERPARTS[name] ?? [close, NaN];
  const columns = layOut(candles);
  const ours = evaluateExpression(expression, columns);
  const unit = factor === 'price' ? (columns.close[0] ?? NaN) : factor;
  const expected = candles.map((candle) => golden.rows.get(candle.openTime)?.[name] ?? NaN);
  const known = expected.filter((value, at) => at >= WARM_UP_BARS && Number.isFinite(value));
  expect(known.length).toBeGreaterThanOrEqual(100);
  const typical = known.reduce((total, value) => total + Math.abs(value), 0) / known.length;
  const differences = expected.map((value, at) =>
    at < WARM_UP_BARS || Number.isNaN(value)
      ? 0
      : Math.abs((ours[at] ?? NaN) * unit - value) / Math.max(Math.abs(value), typical),
  );
  return Math.max(...differences);
}

function layOut(candles: readonly Candle[]): CandleColumns {
  return toColumns(candles, { timeframe: '1h', firstBarIndex: undefined, isKnownGap: () => true });
}
