import { toColumns, type CandleColumns } from '../../domain/candle-columns.js';
import type { Candle } from '../../domain/candle.js';
import { barIndex, barOpenTime, isTimeframe, type Timeframe } from '../../domain/timeframe.js';
import { RejectedError } from '../../lib/errors.js';
import type { RowSource } from '../connection/connections.js';
import { quoteName, type DatabaseLocation } from '../connection/location.js';
import { openReader } from './open-reader.js';

/** Open times, both included. */
export interface ColumnsRange {
  readonly fromOpenTime?: number | undefined;
  /** The grid reaches up to this bar, also where no candle is stored any more. */
  readonly toOpenTime?: number | undefined;
}

function candlesOf({ candleTable }: RowSource): string {
  return `SELECT open_time, open, high, low, close, volume FROM ${quoteName(candleTable)}`;
}

/**
 * Reads a stretch of a series onto its regular grid, with fillers where the venue is known to have no
 * candle. A bar is the same whichever bar the stretch begins with: a filler at its start takes the close of the
 * last candle before it.
 *
 * @throws RejectedError when there is no such series
 */
export async function loadColumns(
  source: RowSource,
  seriesId: number,
  range: ColumnsRange,
): Promise<CandleColumns> {
  const { timeframe, firstBarIndex } = await readSeries(source, seriesId);
  const isKnownGap = await readGaps(source, seriesId, { ...range, timeframe });
  const firstIndex = indexOf(range.fromOpenTime, timeframe);
  const lastIndex = indexOf(range.toOpenTime, timeframe);
  const candles = await readCandles(source, seriesId, range);
  const before = await readBefore(source, { seriesId, timeframe, firstIndex, first: candles[0] });
  const columns = toColumns(before === undefined ? candles : [before, ...candles], {
    timeframe,
    firstBarIndex,
    isKnownGap,
    lastIndex,
  });
  return before === undefined ? columns : withoutFirst(columns);
}

/** A series and, equal to it or another one, its reference; none where undefined. */
export interface SeriesPair {
  readonly seriesId: number;
  readonly referenceSeriesId: number | undefined;
}

/**
 * Reads the same stretch of a series and of its reference over a connection of its own.
 *
 * @throws as `openReader` and `loadColumns` do
 */
export async function readWithReference(
  location: DatabaseLocation,
  { seriesId, referenceSeriesId }: SeriesPair,
  range: ColumnsRange,
): Promise<{ readonly series: CandleColumns; readonly reference: CandleColumns | undefined }> {
  const reader = await openReader(location);
  try {
    const series = await loadColumns(reader, seriesId, range);
    if (referenceSeriesId === undefined) return { series, reference: undefined };
    if (referenceSeriesId === seriesId) return { series, reference: series };
    return { series, reference: await loadColumns(reader, referenceSeriesId, range) };
  } finally {
    await reader.close();
  }
}

async function readSeries(
  source: RowSource,
  seriesId: number,
): Promise<{ timeframe: Timeframe; firstBarIndex: number | undefined }> {
  const sql = 'SELECT timeframe, birth_open_time FROM series WHERE id = ?';
  const [row] = await source.selectRows(sql, [seriesId]);
  const timeframe = String(row?.[0]);
  if (!isTimeframe(timeframe)) throw new RejectedError(`There is no series ${seriesId}`);
  const firstBarAt = row?.[1] ?? undefined;
  return {
    timeframe,
    firstBarIndex: indexOf(firstBarAt === undefined ? undefined : Number(firstBarAt), timeframe),
  };
}

function indexOf(openTime: number | undefined, timeframe: Timeframe): number | undefined {
  return openTime === undefined ? undefined : barIndex(openTime, timeframe);
}

async function readGaps(
  source: RowSource,
  seriesId: number,
  { timeframe, fromOpenTime, toOpenTime }: ColumnsRange & { readonly timeframe: Timeframe },
): Promise<(index: number) => boolean> {
  const sql = `SELECT from_open_time, to_open_time FROM known_gaps
    WHERE series_id = ? AND to_open_time >= ? AND from_open_time <= ? ORDER BY from_open_time`;
  const bounds = [fromOpenTime ?? 0, toOpenTime ?? Number.MAX_SAFE_INTEGER];
  const rows = await source.selectRows(sql, [seriesId, ...bounds]);
  const gaps = rows.map(([from, to]) => ({
    from: barIndex(Number(from), timeframe),
    to: barIndex(Number(to), timeframe),
  }));
  let at = 0;
  // Bars are asked for in ascending order, so the search goes on from the last gap.
  return (index) => {
    if ((gaps[at]?.from ?? Infinity) > index) at = 0;
    while (at < gaps.length && (gaps[at]?.to ?? Infinity) < index) at++;
    return (gaps[at]?.from ?? Infinity) <= index;
  };
}

async function readCandles(
  source: RowSource,
  seriesId: number,
  range: ColumnsRange,
): Promise<Candle[]> {
  const from = range.fromOpenTime ?? 0;
  const to = range.toOpenTime ?? Number.MAX_SAFE_INTEGER;
  const sql = `${candlesOf(source)} WHERE series_id = ? AND open_time BETWEEN ? AND ? ORDER BY open_time`;
  const rows = await source.selectRows(sql, [seriesId, from, to]);
  return rows.map(toCandle);
}

interface Start {
  readonly seriesId: number;
  readonly timeframe: Timeframe;
  readonly firstIndex: number | undefined;
  readonly first: Candle | undefined;
}

/**
 * The last candle before a stretch that begins with bars not stored, put right before the stretch so
 * that these bars can be filled from it.
 */
async function readBefore(source: RowSource, start: Start): Promise<Candle | undefined> {
  const { seriesId, timeframe, firstIndex, first } = start;
  if (firstIndex === undefined) return undefined;
  if (first !== undefined && barIndex(first.openTime, timeframe) === firstIndex) return undefined;
  const sql = `${candlesOf(source)} WHERE series_id = ? AND open_time < ? ORDER BY open_time DESC LIMIT 1`;
  const [row] = await source.selectRows(sql, [seriesId, barOpenTime(firstIndex, timeframe)]);
  if (row === undefined) return undefined;
  return { ...toCandle(row), openTime: barOpenTime(firstIndex - 1, timeframe) };
}

function withoutFirst(columns: CandleColumns): CandleColumns {
  return {
    ...columns,
    firstIndex: columns.firstIndex + 1,
    length: columns.length - 1,
    open: columns.open.slice(1),
    high: columns.high.slice(1),
    low: columns.low.slice(1),
    close: columns.close.slice(1),
    volume: columns.volume.slice(1),
    state: columns.state.slice(1),
  };
}

function toCandle(row: readonly unknown[]): Candle {
  const [openTime, open, high, low, close, volume] = row.map(Number);
  return {
    openTime: openTime ?? NaN,
    open: open ?? NaN,
    high: high ?? NaN,
    low: low ?? NaN,
    close: close ?? NaN,
    volume: volume ?? NaN,
  };
}
