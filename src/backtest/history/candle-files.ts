import { createHash } from 'node:crypto';
import path from 'node:path';
import { BarState, type CandleColumns } from '../../domain/candle-columns.js';
import { barIndex, type Timeframe } from '../../domain/timeframe.js';
import { ConfigError } from '../../lib/errors.js';
import { findNearNames } from '../../lib/near-names.js';
import {
  decimalsIn,
  listRecordings,
  parseRecording,
  readRecordingBytes,
  type RecordedColumns,
  type RecordingFile,
} from '../../recording/recording-file.js';
import type { SymbolHistory } from './market-history.js';

export interface FolderFiles {
  readonly folder: string;
  readonly timeframe: Timeframe;
  /** Unified symbols, in the order in which orders of the same bar are made; undefined for every file. */
  readonly symbols: readonly string[] | undefined;
}

/**
 * The files of a folder that were asked for, in their order.
 *
 * @throws ConfigError naming what is missing
 */
export function chooseFiles({ folder, timeframe, symbols }: FolderFiles): readonly RecordingFile[] {
  const all = listRecordings(folder, '--data').filter((file) => file.timeframe === timeframe);
  assertNoneTwice(all);
  if (all.length === 0) throw new ConfigError(`--data: ${folder} has no file of ${timeframe}`);
  if (symbols === undefined) return all;
  const bySymbol = new Map(all.map((file) => [symbolOf(file), file]));
  return symbols.map((symbol) => {
    const file = bySymbol.get(symbol);
    if (file !== undefined) return file;
    const [near] = findNearNames(symbol, [...bySymbol.keys()]);
    const hint = near === undefined ? '' : `; did you mean ${near}?`;
    throw new ConfigError(`--symbols: ${folder} has no ${timeframe} file of ${symbol}${hint}`);
  });
}

/** `.csv` and `.csv.gz` of the same symbol may hold different candles, and both would trade. */
function assertNoneTwice(files: readonly RecordingFile[]): void {
  const bySymbol = new Map<string, RecordingFile>();
  for (const file of files) {
    const other = bySymbol.get(symbolOf(file));
    if (other !== undefined) {
      throw new ConfigError(
        `--data: ${other.file} and ${file.file} both hold ${symbolOf(file)}: keep one`,
      );
    }
    bySymbol.set(symbolOf(file), file);
  }
}

/** What one file holds. */
export interface ReadSymbol {
  readonly symbol: SymbolHistory;
  /** Of its name and its bytes. */
  readonly hash: string;
}

/** @throws ConfigError naming the file and line that is wrong */
export function readSymbol(recording: RecordingFile): ReadSymbol {
  const { file, base, quote, timeframe } = recording;
  const bytes = readRecordingBytes(file);
  const hash = createHash('sha256').update(path.basename(file)).update(bytes).digest('hex');
  const rows = parseRecording(file, { bytes, timeframe });
  const { quantity } = decimalsIn(bytes);
  const instrument = {
    symbol: symbolOf(recording),
    marketId: `${base}${quote}`,
    base,
    quote,
    sizeStep: (10 ** -quantity).toFixed(quantity),
    minCost: undefined,
  };
  return { symbol: { instrument, columns: toGrid(rows, timeframe) }, hash };
}

function symbolOf({ base, quote }: RecordingFile): string {
  return `${base}/${quote}`;
}

/** Bars that a recording leaves out had no trades: they repeat the close before them. */
function toGrid(rows: RecordedColumns, timeframe: Timeframe): CandleColumns {
  const firstIndex = barIndex(rows.openTime[0] ?? 0, timeframe);
  const lastIndex = barIndex(rows.openTime[rows.length - 1] ?? 0, timeframe);
  const length = lastIndex - firstIndex + 1;
  const grid = { timeframe, firstIndex, length, firstBarIndex: firstIndex };
  if (length === rows.length) {
    const { open, high, low, close, volume } = rows;
    const state = new Uint8Array(length).fill(BarState.stored);
    return { ...grid, open, high, low, close, volume, state };
  }
  const column = (): Float64Array => new Float64Array(length);
  const columns = {
    ...grid,
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
    state: new Uint8Array(length).fill(BarState.filler),
  };
  let row = 0;
  for (let at = 0; at < length; at++) {
    const isStored = barIndex(rows.openTime[row] ?? Infinity, timeframe) === firstIndex + at;
    const close = columns.close[at - 1] ?? NaN;
    columns.open[at] = isStored ? (rows.open[row] ?? NaN) : close;
    columns.high[at] = isStored ? (rows.high[row] ?? NaN) : close;
    columns.low[at] = isStored ? (rows.low[row] ?? NaN) : close;
    columns.close[at] = isStored ? (rows.close[row] ?? NaN) : close;
    if (!isStored) continue;
    columns.volume[at] = rows.volume[row] ?? NaN;
    columns.state[at] = BarState.stored;
    row += 1;
  }
  return columns;
}
