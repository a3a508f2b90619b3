import { createHash } from 'node:crypto';
import type { Candle } from '../../domain/candle.js';
import { closeTimeOf, floorToBar, type Timeframe } from '../../domain/timeframe.js';
import { countLeading } from '../../lib/count-leading.js';
import { ConfigError } from '../../lib/errors.js';
import { assertDefined } from '../../lib/invariant.js';
import type { CandleSource, TimeSpan } from '../market/candle-source.js';
import type { Instrument } from '../market/instrument.js';
import { resampleBars } from '../market/resample.js';
import {
  decimalsIn,
  listRecordings,
  parseRecording,
  readRecordingBytes,
  type RecordedColumns,
  type RecordingFile,
} from '../../recording/recording-file.js';

/** Part of the folder's span that is history when the first run begins. */
const HISTORY_PART = 0.75;

interface Recording {
  readonly file: string;
  readonly timeframe: Timeframe;
  readonly instrument: Instrument;
}

/**
 * A folder of candle files, replayed as they are. All files are read and checked when it is opened;
 * the columns of a pair are kept from its first use on.
 */
export class RecordedSource implements CandleSource {
  readonly hash: string;
  readonly instruments: readonly Instrument[];
  readonly startMs: number;
  readonly endMs: number;
  readonly defaultStartMs: number;
  readonly #columns = new Map<string, RecordedColumns>();

  readonly #recordings: ReadonlyMap<string, Recording>;

  private constructor(recordings: ReadonlyMap<string, Recording>, hash: string) {
    this.#recordings = recordings;
    this.hash = hash;
    const all = [...recordings.values()];
    this.instruments = all.map(({ instrument }) => instrument);
    this.startMs = Math.min(...this.instruments.map(({ listedFromMs }) => listedFromMs));
    this.endMs = Math.max(...this.instruments.map(({ delistedAtMs }) => delistedAtMs ?? 0));
    const historyEndMs = this.startMs + HISTORY_PART * (this.endMs - this.startMs);
    this.defaultStartMs = floorToBar(historyEndMs, all[0]?.timeframe ?? '1h');
  }

  /** Opens the folder; a ConfigError names the file and line that is wrong. */
  static open(folder: string): RecordedSource {
    const digest = createHash('sha256');
    const recordings = new Map<string, Recording>();
    for (const file of listRecordings(folder, 'DEMO_DATA')) {
      const recording = readRecording(file, digest);
      const { id } = recording.instrument;
      const other = recordings.get(id);
      if (other !== undefined) {
        throw new ConfigError(`${other.file} and ${recording.file} both hold ${id}: keep one`);
      }
      recordings.set(id, recording);
    }
    return new RecordedSource(recordings, digest.digest('hex').slice(0, 10));
  }

  levelsOf(id: string): readonly Timeframe[] {
    return [this.#recordingOf(id).timeframe];
  }

  readBars(id: string, timeframe: Timeframe, span: TimeSpan): Candle[] {
    const columns = this.#columnsOf(id);
    const from = firstAtOrAfter(columns, span.fromMs);
    const to = firstAtOrAfter(columns, span.toMs);
    const bars = Array.from({ length: Math.max(0, to - from) }, (_, i) =>
      candleAt(columns, from + i),
    );
    return timeframe === this.#recordingOf(id).timeframe ? bars : resampleBars(bars, timeframe);
  }

  findBarAt(id: string, timeMs: number): Candle | undefined {
    const columns = this.#columnsOf(id);
    const row = firstAtOrAfter(columns, timeMs + 1) - 1;
    return row < 0 ? undefined : candleAt(columns, row);
  }

  #recordingOf(id: string): Recording {
    return assertDefined(this.#recordings.get(id), `recording of ${id}`);
  }

  #columnsOf(id: string): RecordedColumns {
    const known = this.#columns.get(id);
    if (known !== undefined) return known;
    const { file, timeframe } = this.#recordingOf(id);
    const columns = parseRecording(file, { bytes: readRecordingBytes(file), timeframe });
    this.#columns.set(id, columns);
    return columns;
  }
}

function readRecording(
  { file, base, quote, timeframe }: RecordingFile,
  digest: ReturnType<typeof createHash>,
): Recording {
  const bytes = readRecordingBytes(file);
  digest.update(`${base}_${quote}-${timeframe}\n`).update(bytes);
  const { openTime } = parseRecording(file, { bytes, timeframe });
  const decimals = decimalsIn(bytes);
  const instrument: Instrument = {
    id: `${base}${quote}`,
    base,
    quote,
    priceDecimals: decimals.price,
    quantityDecimals: decimals.quantity,
    spreadBps: 2,
    listedFromMs: openTime[0] ?? 0,
    delistedAtMs: closeTimeOf(openTime[openTime.length - 1] ?? 0, timeframe),
  };
  return { file, timeframe, instrument };
}

/** Number of the first row whose open time is not before `timeMs`; the length when there is none. */
function firstAtOrAfter({ openTime, length }: RecordedColumns, timeMs: number): number {
  return countLeading(length, (row) => (openTime[row] ?? 0) < timeMs);
}

function candleAt(columns: RecordedColumns, row: number): Candle {
  return {
    openTime: columns.openTime[row] ?? NaN,
    open: columns.open[row] ?? NaN,
    high: columns.high[row] ?? NaN,
    low: columns.low[row] ?? NaN,
    close: columns.close[row] ?? NaN,
    volume: columns.volume[row] ?? NaN,
  };
}
