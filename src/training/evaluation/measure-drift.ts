import { computeFeatureMatrix, REQUIRED_BARS } from '../../features/feature-matrix.js';
import { populationStability } from '../../features/novelty.js';
import { barIndex, barOpenTime, type Timeframe } from '../../domain/timeframe.js';
import type { DatabaseLocation } from '../../storage/connection/location.js';
import { readWithReference } from '../../storage/reader/load-columns.js';

const SHOWN_FEATURES = 5;

export interface DriftRequest {
  readonly timeframe: Timeframe;
  readonly seriesId: number;
  /** Equal to `seriesId` for the reference symbol itself; undefined for no reference. */
  readonly referenceSeriesId: number | undefined;
  readonly features: readonly string[];
  /** Span of the rows that the model was fitted on; market times, the latter excluded. */
  readonly trainedFrom: number;
  readonly trainedTo: number;
  /** The newest bars, up to that open time. */
  readonly windowBars: number;
  readonly lastOpenTime: number;
}

export interface FeatureDrift {
  /** Population stability index of the median feature: a calendar alone moves some of them. */
  readonly medianPsi: number;
  readonly worst: readonly { readonly feature: string; readonly psi: number }[];
  /** Newest bars that were looked at. */
  readonly bars: number;
}

/** Holds the newest rows of a model's features against those that it was fitted on. */
export async function measureDrift(
  location: DatabaseLocation,
  request: DriftRequest,
): Promise<FeatureDrift> {
  const { timeframe, features, trainedFrom, trainedTo, windowBars, lastOpenTime } = request;
  const firstIndex = Math.max(0, barIndex(trainedFrom, timeframe) - REQUIRED_BARS);
  const range = { fromOpenTime: barOpenTime(firstIndex, timeframe), toOpenTime: lastOpenTime };
  const { series, reference } = await readWithReference(location, request, range);
  const rowsOf = (fromIndex: number, toIndex: number) =>
    computeFeatureMatrix({ series, reference, features, fromIndex, toIndex });
  const before = rowsOf(barIndex(trainedFrom, timeframe), barIndex(trainedTo, timeframe));
  const end = barIndex(lastOpenTime, timeframe) + 1;
  const after = rowsOf(end - windowBars, end);
  const indexes = features
    .map((feature, at) => {
      const columnOf = ({ values, rows }: typeof before): Float32Array =>
        values.subarray(at * rows, (at + 1) * rows);
      return { feature, psi: populationStability(columnOf(before), columnOf(after)) };
    })
    .filter(({ psi }) => Number.isFinite(psi))
    .sort((one, other) => other.psi - one.psi);
  return {
    medianPsi: indexes[Math.floor(indexes.length / 2)]?.psi ?? 0,
    worst: indexes.slice(0, SHOWN_FEATURES),
    bars: windowBars,
  };
}
