import type { Series, SeriesKey } from '../../domain/market.js';
import { barIndex } from '../../domain/timeframe.js';
import { RejectedError } from '../../lib/errors.js';
import type { Stores } from '../../storage/stores.js';
import type { EmbeddedSeries } from '../worker/lookalike-protocol.js';

/** Name of the transform in evidence and answers. */
export const EMBEDDING_NAME = 'windows-dct';

/** What windows are computed with, besides the candles. */
export interface Basis {
  /** Market that gives every window its context. */
  readonly referenceSymbol: string;
}

/** A series with the bars that are to have rows. */
export interface Extent extends EmbeddedSeries {
  readonly firstIndex: number;
  readonly lastIndex: number;
}

/** @throws RejectedError where nothing of the series is stored */
export async function readExtent(stores: Stores, basis: Basis, key: SeriesKey): Promise<Extent> {
  const series = await stores.series.find(key);
  if (series === undefined) {
    throw new RejectedError(`No candles of ${key.symbol} ${key.timeframe} are stored`);
  }
  const reference = await stores.series.find({ ...seriesKey(key), symbol: basis.referenceSymbol });
  return extentOf(stores, { series, reference });
}

/** @throws RejectedError as above */
export async function extentOf(
  stores: Pick<Stores, 'candles'>,
  { series, reference }: EmbeddedSeries,
): Promise<Extent> {
  const own = await stores.candles.bounds(series.id);
  if (own === undefined) {
    throw new RejectedError(`No candles of ${series.symbol} ${series.timeframe} are stored`);
  }
  const isAlone = reference === undefined || reference.id === series.id;
  const other = isAlone ? own : await stores.candles.bounds(reference.id);
  const indexOf = (time: number): number => barIndex(time, series.timeframe);
  const firstIndex = indexOf(own.first);
  // While the reference has no candles there is nothing to compute yet.
  const lastIndex = other === undefined ? firstIndex - 1 : indexOf(Math.min(own.last, other.last));
  return { series, reference, firstIndex, lastIndex };
}

function seriesKey({ venue, symbol, timeframe }: SeriesKey): SeriesKey {
  return { venue, symbol, timeframe };
}

/** Each series of a timeframe with its reference. */
export function pairWithReference(
  all: readonly Series[],
  { referenceSymbol }: Basis,
): readonly EmbeddedSeries[] {
  return all.map((series) => ({
    series,
    reference: all.find(
      ({ symbol, timeframe }) => symbol === referenceSymbol && timeframe === series.timeframe,
    ),
  }));
}
