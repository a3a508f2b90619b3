import path from 'node:path';
import { toColumns, type CandleColumns } from '../src/domain/candle-columns.js';
import type { Candle } from '../src/domain/candle.js';
import type { Series } from '../src/domain/market.js';
import { appendRows, createFile, ROW_BYTES } from '../src/lookalikes/index/series-file.js';
import { LoadedSeries, NO_WINDOW } from '../src/lookalikes/index/window-rows.js';
import {
  EMBEDDING_SIZE,
  EMBEDDING_VERSION,
  toStored,
  WindowEmbedder,
} from '../src/lookalikes/transform/embed-windows.js';
import type { PairCandles } from './markets.js';

/** A series whose windows lie in a file, as a job leaves them. */
export interface WindowSeries {
  readonly series: Series;
  readonly rows: LoadedSeries;
  /** Embeddings before they are rounded, one row for each of `rows`; NaN where a bar has no window. */
  readonly exact: Float32Array;
}

export function hoursOf(candles: readonly Candle[]): CandleColumns {
  return toColumns(candles, { timeframe: '1h', firstBarIndex: undefined, isKnownGap: () => false });
}

/** Embeds all windows of a pair into its file in the folder. */
export function writeWindows(
  folder: string,
  pair: PairCandles,
  reference: CandleColumns,
): WindowSeries {
  const columns = hoursOf(pair.candles);
  const { firstIndex, length } = columns;
  const embedder = new WindowEmbedder({ series: columns, reference });
  const bytes = Buffer.alloc(length * ROW_BYTES);
  const numbers = new Int16Array(bytes.buffer, bytes.byteOffset, bytes.length / 2);
  const values = new Float64Array(EMBEDDING_SIZE);
  const exact = new Float32Array(length * EMBEDDING_SIZE).fill(NaN);
  for (let row = 0; row < length; row++) {
    const offset = (row * ROW_BYTES) / 2 + 4;
    const isKnown = columns.state[row] === 0;
    bytes.writeDoubleLE(isKnown ? (columns.close[row] ?? NaN) : NaN, row * ROW_BYTES);
    if (embedder.embed(firstIndex + row, values)) {
      toStored(values, numbers, offset);
      exact.set(values, row * EMBEDDING_SIZE);
    } else {
      numbers[offset] = NO_WINDOW;
    }
  }
  const series = seriesOf(pair.symbol);
  const file = path.join(folder, `${series.uid}.windows`);
  const header = { version: EMBEDDING_VERSION, reference: 'BTC/USDT', firstIndex };
  createFile(file, header);
  appendRows(file, 0, bytes);
  const state = { ...header, rows: length };
  const rows = new LoadedSeries({ symbol: pair.symbol, file, state, skip: 0 });
  return { series, rows, exact };
}

function seriesOf(symbol: string): Series {
  return {
    id: 0,
    uid: symbol.replace('/', '_'),
    venue: 'bench',
    symbol,
    marketId: symbol,
    timeframe: '1h',
    firstBarAt: undefined,
    hasVolume: true,
  };
}
