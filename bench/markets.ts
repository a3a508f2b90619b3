import { readdirSync } from 'node:fs';
import path from 'node:path';
import type { Candle } from '../src/domain/candle.js';
import { GeneratedSource } from '../src/demo/generator/generated-source.js';
import { parseRecording, readRecordingBytes } from '../src/recording/recording-file.js';
import { findTestData } from '../test/test-data.js';

const HOUR_MS = 3_600_000;
const RECORDINGS = 'binance_2024_1h';
/** Six months of hours; what features look back on comes before them. */
export const YEAR_HALF_BARS = 4380;
const NEEDED_BARS = YEAR_HALF_BARS + 660;
const GENERATED_END_MS = Date.UTC(2024, 8, 6);

/** One pair's hourly candles, oldest first. */
export interface PairCandles {
  /** Unified, such as `BTC/USDT`. */
  readonly symbol: string;
  readonly candles: readonly Candle[];
}

export interface Markets {
  /** A description of the market for the notes. */
  readonly source: string;
  readonly isRecorded: boolean;
  /** The folder of its recordings. */
  readonly folder?: string;
  /** BTC/USDT first, then by turnover. All have enough history and end at the same bar. */
  readonly pairs: readonly PairCandles[];
}

/** The pairs with the largest turnover of the recorded market, else of a generated one. */
export function loadMarkets(count: number): Markets {
  return loadRecorded(count) ?? loadGenerated({ count, seed: '1' });
}

/** Recorded pairs, or undefined where this machine has no recordings. */
export function loadRecorded(count: number): Markets | undefined {
  const folder = findTestData(RECORDINGS);
  if (folder === undefined) return undefined;
  const files = readdirSync(folder).filter((name) => name.endsWith('-1h.csv.gz'));
  const all = files.map((name) => readPair(path.join(folder, name)));
  const endMs = all.find(({ symbol }) => symbol === 'BTC/USDT')?.candles.at(-1)?.openTime ?? 0;
  const pairs = all
    .map(({ symbol, candles }) => ({ symbol, candles: until(candles, endMs) }))
    .filter(({ candles }) => isWhole(candles, endMs))
    .sort((one, other) => turnover(other.candles) - turnover(one.candles))
    .slice(0, count);
  const source = `Binance's hours of 2024, ${pairs.length} pairs`;
  return { source, isRecorded: true, folder, pairs };
}

export interface GeneratedMarketOptions {
  readonly count: number;
  readonly seed: string;
  readonly hasPattern?: boolean;
  readonly bars?: number;
}

export function loadGenerated(options: GeneratedMarketOptions): Markets {
  const { count, seed, hasPattern = true, bars = NEEDED_BARS } = options;
  const source = new GeneratedSource({ seed, hasPattern });
  const span = { fromMs: GENERATED_END_MS - bars * HOUR_MS, toMs: GENERATED_END_MS };
  const pairs = source.instruments.slice(0, count).map(({ id, base, quote }) => ({
    symbol: `${base}/${quote}`,
    candles: source.readBars(id, '1h', span),
  }));
  const pattern = hasPattern ? 'with' : 'without';
  const text = `generated market, seed ${seed}, ${pattern} its pattern, ${count} pairs`;
  return { source: text, isRecorded: false, pairs };
}

function readPair(file: string): PairCandles {
  const columns = parseRecording(file, { bytes: readRecordingBytes(file), timeframe: '1h' });
  const at = (values: Float64Array, row: number): number => values[row] ?? NaN;
  const candles = Array.from({ length: columns.length }, (_, row) => ({
    openTime: at(columns.openTime, row),
    open: at(columns.open, row),
    high: at(columns.high, row),
    low: at(columns.low, row),
    close: at(columns.close, row),
    volume: at(columns.volume, row),
  }));
  const [base = '', quote = ''] = path.basename(file, '-1h.csv.gz').split('_');
  return { symbol: `${base}/${quote}`, candles };
}

function until(candles: readonly Candle[], endMs: number): readonly Candle[] {
  return candles.filter(({ openTime }) => openTime <= endMs);
}

function isWhole(candles: readonly Candle[], endMs: number): boolean {
  const firstMs = candles[0]?.openTime ?? Infinity;
  return candles.at(-1)?.openTime === endMs && firstMs <= endMs - NEEDED_BARS * HOUR_MS;
}

function turnover(candles: readonly Candle[]): number {
  return candles.reduce((sum, { close, volume }) => sum + close * volume, 0);
}
