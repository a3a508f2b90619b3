import type { Answer } from '../../api/client';

export type Insight = Answer<'GET /api/models/insight/{uid}'>;
type Bin = NonNullable<Insight['calibration']>[number];

export interface Mark {
  readonly x: number;
  readonly y: number;
  /** Half the width of the mark in pixels, by the rows of its bin. */
  readonly size: number;
  readonly text: string;
}

export interface Curve {
  readonly uid: string;
  readonly line: string;
  readonly marks: readonly Mark[];
}

export interface CalibrationPlot {
  readonly curves: readonly Curve[];
  /** Where a model would lie that is right as often as it is sure. */
  readonly diagonal: {
    readonly x1: number;
    readonly y1: number;
    readonly x2: number;
    readonly y2: number;
  };
  readonly xTicks: readonly { readonly at: number; readonly text: string }[];
  readonly yTicks: readonly { readonly at: number; readonly text: string }[];
  readonly inner: {
    readonly left: number;
    readonly right: number;
    readonly top: number;
    readonly bottom: number;
  };
}

const MARGIN = { left: 44, right: 20, top: 10, bottom: 40 };
const STEP = 0.1;
const [SMALLEST, LARGEST] = [2.5, 7];

/** How sure (x) and how often right (y) the chosen models were, in pixels of the place. */
export function plotOf(
  insights: readonly Insight[],
  { width, height }: { readonly width: number; readonly height: number },
): CalibrationPlot {
  const bins = insights.flatMap(({ calibration }) => calibration ?? []);
  const [low, high] = rangeOf(bins.flatMap(({ confidence, accuracy }) => [confidence, accuracy]));
  const inner = {
    left: MARGIN.left,
    right: width - MARGIN.right,
    top: MARGIN.top,
    bottom: height - MARGIN.bottom,
  };
  const x = (share: number): number =>
    inner.left + ((share - low) / (high - low)) * (inner.right - inner.left);
  const y = (share: number): number =>
    inner.bottom - ((share - low) / (high - low)) * (inner.bottom - inner.top);
  const steps = Math.round((high - low) / STEP);
  const shares = Array.from({ length: steps + 1 }, (_, at) => low + at * STEP);
  const ticksOf = (scale: (share: number) => number) =>
    shares.map((share) => ({ at: scale(share), text: `${Math.round(100 * share)} %` }));
  const most = Math.max(1, ...bins.map(({ rows }) => rows));
  return {
    curves: insights.map(({ uid, calibration }) => {
      const marks = (calibration ?? []).map((bin) => ({
        x: x(bin.confidence),
        y: y(bin.accuracy),
        size: SMALLEST + (LARGEST - SMALLEST) * Math.sqrt(bin.rows / most),
        text: binText(bin),
      }));
      const line = marks.map((mark) => `${mark.x.toFixed(1)},${mark.y.toFixed(1)}`).join(' ');
      return { uid, line, marks };
    }),
    diagonal: { x1: x(low), y1: y(low), x2: x(high), y2: y(high) },
    xTicks: ticksOf(x),
    yTicks: ticksOf(y),
    inner,
  };
}

/** Whole steps around all values, so that both axes are the same and the diagonal goes from corner to corner. */
function rangeOf(values: readonly number[]): readonly [number, number] {
  if (values.length === 0) return [0, 1];
  const low = Math.floor(Math.min(...values) / STEP + 1e-9) * STEP;
  const high = Math.ceil(Math.max(...values) / STEP - 1e-9) * STEP;
  return [Math.max(0, low), Math.min(1, Math.max(high, low + STEP))];
}

/** `37.2 % sure: right on 36.4 % of 412 rows` */
export function binText({ confidence, accuracy, rows }: Bin): string {
  const share = (value: number): string => `${(100 * value).toFixed(1)} %`;
  return `${share(confidence)} sure: right on ${share(accuracy)} of ${rows} ${rows === 1 ? 'row' : 'rows'}`;
}
