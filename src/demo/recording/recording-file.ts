import { readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { findCandleDefect, type Candle } from '../../domain/candle.js';
import { floorToBar, type Timeframe } from '../../domain/timeframe.js';
import { ConfigError, messageOf } from '../../lib/errors.js';

const HEADER = 'timestamp_ms,open,high,low,close,volume';
const FIELDS = 6;

/** Rows whose decimals are looked at to find the tick and step size. */
const SAMPLED_ROWS = 300;

/** Candles of a file as columns, ascending, without duplicates. */
export interface RecordedColumns {
  readonly length: number;
  readonly openTime: Float64Array;
  readonly open: Float64Array;
  readonly high: Float64Array;
  readonly low: Float64Array;
  readonly close: Float64Array;
  readonly volume: Float64Array;
}

/** The file's text, unpacked where its name ends in `.gz`. */
export function readRecordingText(file: string): string {
  try {
    const bytes = readFileSync(file);
    return (file.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('latin1');
  } catch (cause) {
    throw new ConfigError(`Cannot read ${file}: ${messageOf(cause)}`, { cause });
  }
}

/**
 * Parses a recording. A row that is not a candle, not on the timeframe's grid or not later than the
 * row before it refuses the file with a ConfigError naming file and line: played as it is, it would be
 * another market than the one that was recorded.
 */
export function parseRecording(
  file: string,
  { text, timeframe }: { text: string; timeframe: Timeframe },
): RecordedColumns {
  const lines = text.split('\n');
  if (lines[0]?.trimEnd() !== HEADER) throw refusal(file, 1, `the header is not ${HEADER}`);
  while (lines.length > 1 && lines[lines.length - 1]?.trim() === '') lines.pop();
  if (lines.length === 1) throw refusal(file, 1, 'there is no candle below the header');
  const columns = allocate(lines.length - 1);
  let previousTime = -1;
  for (let row = 0; row < columns.length; row++) {
    const candle = toCandle(lines[row + 1] ?? '');
    const defect = findRowDefect(candle, { timeframe, previousTime });
    if (defect !== undefined) throw refusal(file, row + 2, defect);
    place(columns, row, candle);
    previousTime = candle.openTime;
  }
  return columns;
}

/** Decimals that the prices and the volumes of the first rows need, at most eight. */
export function decimalsIn(text: string): { price: number; quantity: number } {
  let price = 0;
  let quantity = 0;
  for (const line of text.split('\n', SAMPLED_ROWS).slice(1)) {
    const [, ...values] = line.trimEnd().split(',');
    price = Math.max(price, ...values.slice(0, 4).map(decimalsOf));
    quantity = Math.max(quantity, ...values.slice(4).map(decimalsOf));
  }
  return { price: Math.min(price, 8), quantity: Math.min(quantity, 8) };
}

function decimalsOf(value: string): number {
  const point = value.indexOf('.');
  return point < 0 ? 0 : value.length - point - 1;
}

function toCandle(line: string): Candle {
  const values = line.split(',');
  const at = (position: number): number => Number(values[position]);
  // An empty text would count as 0, which only a volume may be.
  const volume = values.length === FIELDS && values[5]?.trim() !== '' ? at(5) : NaN;
  return { openTime: at(0), open: at(1), high: at(2), low: at(3), close: at(4), volume };
}

function findRowDefect(
  candle: Candle,
  { timeframe, previousTime }: { timeframe: Timeframe; previousTime: number },
): string | undefined {
  const defect = looksSound(candle) ? undefined : findCandleDefect(candle);
  if (defect !== undefined) return defect;
  if (floorToBar(candle.openTime, timeframe) !== candle.openTime) {
    return `open time ${candle.openTime} is not a multiple of ${timeframe}`;
  }
  if (candle.openTime > previousTime) return undefined;
  return `open time ${candle.openTime} does not come after ${previousTime} of the row before`;
}

/** The quick answer for nearly every row: comparisons are false for what is not a number. */
function looksSound({ openTime, open, high, low, close, volume }: Candle): boolean {
  const isOrdered = low > 0 && low <= open && low <= close && high >= open && high >= close;
  return isOrdered && high < Infinity && volume >= 0 && volume < Infinity && openTime % 1 === 0;
}

function allocate(length: number): RecordedColumns {
  const column = (): Float64Array => new Float64Array(length);
  return {
    length,
    openTime: column(),
    open: column(),
    high: column(),
    low: column(),
    close: column(),
    volume: column(),
  };
}

function place(columns: RecordedColumns, row: number, candle: Candle): void {
  columns.openTime[row] = candle.openTime;
  columns.open[row] = candle.open;
  columns.high[row] = candle.high;
  columns.low[row] = candle.low;
  columns.close[row] = candle.close;
  columns.volume[row] = candle.volume;
}

function refusal(file: string, line: number, reason: string): ConfigError {
  return new ConfigError(`${path.basename(file)} line ${line}: ${reason} (in ${file})`);
}
