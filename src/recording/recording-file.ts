import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { findCandleDefect, type Candle } from '../domain/candle.js';
import { floorToBar, isTimeframe, type Timeframe } from '../domain/timeframe.js';
import { ConfigError, messageOf } from '../lib/errors.js';
import { FieldReader } from './field-reader.js';

const HEADER = 'timestamp_ms,open,high,low,close,volume';
const FIELDS = 6;
const CANDLE_FILE = /^[^.].*\.csv(\.gz)?$/i;
const FILE_NAME = /^([A-Z0-9]+)_([A-Z0-9]+)-(\d+[mhdw])\.csv(\.gz)?$/;

/** Pairs that trade most are listed first, as far as the folder has them. */
const FIRST_BASES = ['BTC', 'ETH', 'SOL'];

/** Rows whose decimals are looked at to find the tick and step size. */
const SAMPLED_ROWS = 300;
const SAMPLED_BYTES = 64_000;

/** Most files are smaller, and unpacked without copies. */
const UNPACKED_AT_ONCE = 1 << 19;

const NEW_LINE = 0x0a;
const SPACE = 0x20;
const COMMA = 0x2c;
const POINT = 0x2e;

/** A file of candles, by its name: `BTC_USDT-1h.csv` or `.csv.gz`. */
export interface RecordingFile {
  readonly file: string;
  readonly base: string;
  readonly quote: string;
  readonly timeframe: Timeframe;
}

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

/**
 * The recordings of a folder: BTC, ETH and SOL first, then by name.
 *
 * @param asked what named the folder, for the message: `DEMO_DATA`
 * @throws ConfigError when the folder cannot be read, holds none, or names a timeframe that there is not
 */
export function listRecordings(folder: string, asked: string): readonly RecordingFile[] {
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => CANDLE_FILE.test(name));
  } catch (cause) {
    throw new ConfigError(`${asked}: cannot read ${folder}: ${messageOf(cause)}`, { cause });
  }
  if (names.length === 0) {
    throw new ConfigError(`${asked}: no file named like BTC_USDT-1h.csv or .csv.gz in ${folder}`);
  }
  const misnamed = names.find((name) => !FILE_NAME.test(name));
  if (misnamed !== undefined) {
    // Left out it would be missed by nobody but its owner.
    throw new ConfigError(
      `${asked}: ${misnamed} in ${folder} is not named like BTC_USDT-1h.csv: rename it, or move it away`,
    );
  }
  const rank = (name: string): number => {
    const position = FIRST_BASES.indexOf(name.split('_')[0] ?? '');
    return position < 0 ? FIRST_BASES.length : position;
  };
  names.sort((one, other) => rank(one) - rank(other) || (one < other ? -1 : 1));
  return names.map((name) => toRecordingFile(path.join(folder, name)));
}

/** The file's bytes, unpacked where its name ends in `.gz`. @throws ConfigError */
export function readRecordingBytes(file: string): Buffer {
  try {
    const bytes = readFileSync(file);
    return file.endsWith('.gz') ? gunzipSync(bytes, { chunkSize: UNPACKED_AT_ONCE }) : bytes;
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
  { bytes, timeframe }: { readonly bytes: Buffer; readonly timeframe: Timeframe },
): RecordedColumns {
  const reader = new FieldReader(bytes);
  if (reader.readLine() !== HEADER) throw refusal(file, 1, `the header is not ${HEADER}`);
  const rows = reader.countLines();
  if (rows === 0) throw refusal(file, 1, 'there is no candle below the header');
  const columns = allocate(rows);
  let previousTime = -1;
  for (let row = 0; row < rows; row++) {
    const start = reader.position;
    const candle = readCandle(reader);
    const before = { timeframe, previousTime };
    const defect = findRowDefect(candle, before);
    if (defect !== undefined) {
      const inWords = findRowDefect(toCandle(reader.textAt(start)), before) ?? defect;
      throw refusal(file, row + 2, inWords);
    }
    place(columns, row, candle);
    previousTime = candle.openTime;
  }
  return columns;
}

/** Decimals that the prices and the volumes of the first rows need, at most eight. */
export function decimalsIn(bytes: Buffer): { price: number; quantity: number } {
  const most = new Array<number>(FIELDS).fill(0);
  const end = Math.min(bytes.length, SAMPLED_BYTES);
  let at = bytes.indexOf(NEW_LINE) + 1;
  let [row, field, decimals] = [1, 0, NaN];
  for (; at > 0 && at < end && row < SAMPLED_ROWS; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === COMMA || byte === NEW_LINE) {
      field = byte === COMMA ? field + 1 : 0;
      row += byte === COMMA ? 0 : 1;
      decimals = NaN;
    } else if (byte === POINT) decimals = 0;
    else if (byte > SPACE) decimals += 1;
    if (decimals > (most[field] ?? 0)) most[field] = decimals;
  }
  const [, open = 0, high = 0, low = 0, close = 0, volume = 0] = most;
  const price = Math.max(open, high, low, close);
  return { price: Math.min(price, 8), quantity: Math.min(volume, 8) };
}

function toRecordingFile(file: string): RecordingFile {
  const [, base = '', quote = '', timeframe = ''] = FILE_NAME.exec(path.basename(file)) ?? [];
  if (!isTimeframe(timeframe)) throw new ConfigError(`${file}: ${timeframe} is not a timeframe`);
  return { file, base, quote, timeframe };
}

function readCandle(reader: FieldReader): Candle {
  const openTime = reader.readNumber();
  const open = reader.readNumber();
  const high = reader.readNumber();
  const low = reader.readNumber();
  const close = reader.readNumber();
  const volume = reader.readLastNumber();
  return { openTime, open, high, low, close, volume };
}

/** The same from text, for a message that shows what stands in a refused row. */
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
