import { setImmediate } from 'node:timers/promises';
import path from 'node:path';
import { barOpenTime } from '../../domain/timeframe.js';
import type { CandleColumns } from '../../domain/candle-columns.js';
import { BarState } from '../../domain/candle-columns.js';
import type { Series } from '../../domain/market.js';
import type { Reader } from '../../storage/connection/connections.js';
import { loadColumns } from '../../storage/reader/load-columns.js';
import {
  appendRows,
  checksumOf,
  createFile,
  readState,
  ROW_BYTES,
  type SeriesState,
} from '../index/series-file.js';
import { stretchOf } from '../index/find-nearest.js';
import { NO_WINDOW } from '../index/window-rows.js';
import type { QdrantStore, StoredWindow } from '../qdrant/qdrant-store.js';
import {
  EMBEDDING_REACH,
  EMBEDDING_SIZE,
  EMBEDDING_VERSION,
  toStored,
  WindowEmbedder,
  type WindowSource,
} from '../transform/embed-windows.js';
import type {
  EmbeddedSeries,
  Extended,
  ExtendRequest,
  LookalikePlaces,
} from './lookalike-protocol.js';
import type { SharedReader } from './shared-reader.js';

/** Rows between two turns of the thread, so that a search does not wait for a whole job. */
const ROWS_A_TURN = 500;

export function fileOf({ folder }: LookalikePlaces, { uid }: Series): string {
  return path.join(folder, `${uid}.windows`);
}

/** The state of a series' file, where its rows were computed with today's transform and reference. */
export function findCurrentState(
  places: LookalikePlaces,
  { series, reference }: EmbeddedSeries,
): SeriesState | undefined {
  const state = readState(fileOf(places, series));
  const isCurrent =
    state?.version === EMBEDDING_VERSION && state.reference === (reference?.symbol ?? null);
  return isCurrent ? state : undefined;
}

/**
 * Computes the rows that a series lacks, the oldest first. What stands is taken up where it ends, so that a kill costs
 * the rows of one call.
 */
export async function extendSeries(
  places: LookalikePlaces,
  request: ExtendRequest,
  { reader, store }: { readonly reader: SharedReader; readonly store: QdrantStore | undefined },
): Promise<Extended | { readonly status: 'absent' }> {
  const { series, reference, firstIndex, lastIndex, isJob } = request;
  const file = fileOf(places, series);
  let state = findCurrentState(places, request);
  if (state === undefined || state.firstIndex > firstIndex) {
    if (!isJob) return { status: 'absent' };
    const header = { version: EMBEDDING_VERSION, reference: reference?.symbol ?? null, firstIndex };
    await store?.cut(series, 0);
    createFile(file, header);
    state = { ...header, rows: 0 };
  }
  const from = state.firstIndex + state.rows;
  const to = Math.min(from + request.maxRows, lastIndex + 1);
  if (to > from) {
    const source = await reader.use(places.location, (open) =>
      readSource(open, request, { from, to }),
    );
    const { bytes, windows } = await embedRows(source, { from, to, isListed: store !== undefined });
    // First: rows in the file are taken for stored everywhere.
    await store?.put(series, windows);
    appendRows(file, state.rows, bytes);
    state = { ...state, rows: state.rows + to - from };
  }
  const isComplete = to > lastIndex;
  const checksum = isJob && isComplete ? checksumOf(file) : undefined;
  return { status: 'extended', state, isComplete, checksum };
}

interface Bars {
  /** Numbers of the first bar and of the one after the last. */
  readonly from: number;
  readonly to: number;
}

async function readSource(
  reader: Reader,
  { series, reference }: EmbeddedSeries,
  { from, to }: Bars,
): Promise<WindowSource> {
  const read = ({ id, timeframe, gridOffsetMs = 0 }: Series): Promise<CandleColumns> =>
    loadColumns(reader, id, {
      fromOpenTime: barOpenTime(from - EMBEDDING_REACH + 1, timeframe, gridOffsetMs),
      toOpenTime: barOpenTime(to - 1, timeframe, gridOffsetMs),
    });
  const columns = await read(series);
  if (reference === undefined) return { series: columns, reference: undefined };
  if (reference.id === series.id) return { series: columns, reference: columns };
  return { series: columns, reference: await read(reference) };
}

async function embedRows(
  source: WindowSource,
  { from, to, isListed }: Bars & { readonly isListed: boolean },
): Promise<{ readonly bytes: Buffer; readonly windows: readonly StoredWindow[] }> {
  const bytes = Buffer.alloc((to - from) * ROW_BYTES);
  const numbers = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const embedder = new WindowEmbedder(source);
  const values = new Float64Array(EMBEDDING_SIZE);
  const windows: StoredWindow[] = [];
  for (let index = from; index < to; index++) {
    const at = (index - from) * ROW_BYTES;
    bytes.writeDoubleLE(closeAt(source.series, index), at);
    const offset = at / 2 + 4;
    if (embedder.embed(index, values)) {
      toStored(values, numbers, offset);
      if (isListed) {
        windows.push({ index, stretch: stretchOf(index), values: Array.from(values) });
      }
    } else {
      numbers[offset] = NO_WINDOW;
    }
    if ((index - from) % ROWS_A_TURN === ROWS_A_TURN - 1) await setImmediate();
  }
  return { bytes, windows };
}

/** NaN where the bar has no candle: a price of before would be an outcome that nobody could trade. */
function closeAt({ close, state, firstIndex }: CandleColumns, index: number): number {
  const at = index - firstIndex;
  return state[at] === BarState.stored ? (close[at] ?? NaN) : NaN;
}
