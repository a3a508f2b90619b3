import {
  computeFeatureMatrix,
  REQUIRED_BARS,
  type FeatureMatrix,
} from '../../features/feature-matrix.js';
import { countByBin, decileBorders, stabilityOf } from '../../features/novelty.js';
import { barIndex, barOpenTime, type Timeframe } from '../../domain/timeframe.js';
import type { DatabaseLocation } from '../../storage/connection/location.js';
import { readWithReference } from '../../storage/reader/load-columns.js';

const SHOWN_FEATURES = 5;
/** Of fewer stretches the largest index says little about what is usual. */
const MIN_STRETCHES = 3;

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
  /**
   * Population stability index of the median feature, newest bars against the rows of the fit: a calendar
   * alone moves some features. Undefined where the fit has too few rows to say what is usual.
   */
  readonly medianPsi: number | undefined;
  /** The largest of the same index over stretches of the fit's own rows, as long as the newest bars. */
  readonly usualPsi: number | undefined;
  readonly worst: readonly { readonly feature: string; readonly psi: number }[];
  /** Newest bars that were looked at. */
  readonly bars: number;
}

/** Compares the newest rows of a model's features with those that its fit has seen. */
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
  return compareRows(before, rowsOf(end - windowBars, end), features);
}

type Rows = Pick<FeatureMatrix, 'values' | 'rows'>;

/** Compares newer rows with those of a fit, and stretches of the fit with its other rows. */
export function compareRows(before: Rows, after: Rows, features: readonly string[]): FeatureDrift {
  const starts = stretchStarts(before.rows, after.rows);
  const newest: { feature: string; psi: number }[] = [];
  const usual = starts.map((): number[] => []);
  features.forEach((feature, at) => {
    const column = columnOf(before, at);
    const borders = decileBorders(column);
    const whole = countByBin(column, borders);
    const psi = stabilityOf(whole, countByBin(columnOf(after, at), borders));
    if (!Number.isFinite(psi)) return;
    newest.push({ feature, psi });
    starts.forEach((start, stretch) => {
      const part = countByBin(column.subarray(start, start + after.rows), borders);
      usual[stretch]?.push(stabilityOf(without(whole, part), part));
    });
  });
  newest.sort((one, other) => other.psi - one.psi);
  const isKnown = starts.length >= MIN_STRETCHES;
  return {
    medianPsi: isKnown ? medianOf(newest.map(({ psi }) => psi)) : undefined,
    usualPsi: isKnown ? Math.max(...usual.map(medianOf)) : undefined,
    worst: newest.slice(0, SHOWN_FEATURES),
    bars: after.rows,
  };
}

/** Stretches overlap by half. */
function stretchStarts(rows: number, length: number): readonly number[] {
  const step = Math.max(1, Math.floor(length / 2));
  const count = Math.max(0, Math.floor((rows - length) / step) + 1);
  return Array.from({ length: count }, (_, at) => at * step);
}

function columnOf({ values, rows }: Rows, at: number): Float32Array {
  return values.subarray(at * rows, (at + 1) * rows);
}

function without(whole: readonly number[], part: readonly number[]): readonly number[] {
  return whole.map((count, bin) => count - (part[bin] ?? 0));
}

function medianOf(values: readonly number[]): number {
  const known = values.filter(Number.isFinite).sort((one, other) => one - other);
  return known[Math.floor(known.length / 2)] ?? 0;
}
