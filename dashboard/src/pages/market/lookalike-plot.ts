import type { Answer } from '../../api/client';

export type Lookalikes = Answer<'GET /api/lookalikes/{symbol}'>;
export type Lookalike = Lookalikes['look_alikes'][number];

/** Of a fan at one bar after the window: change of the price, as a fraction. */
export interface Quartiles {
  readonly bars: number;
  readonly lower: number;
  readonly median: number;
  readonly upper: number;
}

interface Point {
  readonly bar: number;
  readonly value: number;
}

export interface Place {
  readonly width: number;
  readonly height: number;
}

export interface Plot {
  readonly asked: string;
  readonly windows: readonly {
    readonly key: string;
    readonly past: string;
    readonly next: string;
  }[];
  readonly fan: string;
  readonly median: string;
  readonly baseRate: readonly string[];
  readonly nowX: number;
  readonly xTicks: readonly { readonly x: number; readonly text: string }[];
  readonly yTicks: readonly { readonly y: number; readonly value: number }[];
  /** Digits behind the point that tell the ticks from each other, in percent. */
  readonly digits: number;
  readonly inner: { readonly left: number; readonly right: number; readonly bottom: number };
}

const MARGIN = { left: 52, right: 10, top: 8, bottom: 24 };
/** A bar after the window is drawn wider than one of it: what followed is the question. */
const NEXT_WIDTH = 2;
const PAST_TICKS = [-48, -24];
const NEXT_TICKS = [4, 12, 24];
/** Nearer to each other, texts would touch. */
const MIN_TICK_PX = 34;

export function keyOf({ symbol, time }: Lookalike): string {
  return `${symbol} ${time}`;
}

/** Change of the price of a log return: 0.05 is 5 % up. */
export function changeOf(logReturn: number | null | undefined): number | undefined {
  return typeof logReturn === 'number' ? Math.expm1(logReturn) : undefined;
}

export function returnAfter(bars: number, { returns }: Lookalike): number | undefined {
  return changeOf(returns.find((one) => one.bars === bars)?.value);
}

/** Median and quartiles of what followed at each bar, by the rule of the daemon's summary. */
export function fanOf({ look_alikes, embedding }: Lookalikes): readonly Quartiles[] {
  const longest = Math.max(0, ...look_alikes.map(({ path }) => path.length - embedding.bars));
  return Array.from({ length: longest }, (_, at) => {
    const values = look_alikes
      .map(({ path }) => changeOf(path[embedding.bars + at]))
      .filter((value) => value !== undefined)
      .sort((one, other) => one - other);
    const [lower, median, upper] = [0.25, 0.5, 0.75].map((share) => quantile(values, share));
    return { bars: at + 1, lower, median, upper };
  }).filter((one): one is Quartiles => one.median !== undefined);
}

function quantile(sorted: readonly number[], share: number): number | undefined {
  const place = (sorted.length - 1) * share;
  const [below, above] = [sorted[Math.floor(place)], sorted[Math.ceil(place)]];
  if (below === undefined || above === undefined) return undefined;
  return below + (above - below) * (place - Math.floor(place));
}

/** What followed any window, at the bars at which the daemon says it. */
export function baseRateOf({ followed }: Lookalikes): readonly Quartiles[] {
  return followed.flatMap(({ bars, base_rate }) => {
    const [lower, median, upper] = [
      changeOf(base_rate.lower_quartile),
      changeOf(base_rate.median),
      changeOf(base_rate.upper_quartile),
    ];
    if (lower === undefined || median === undefined || upper === undefined) return [];
    return [{ bars, lower, median, upper }];
  });
}

/** Lines of the picture in pixels of its place. */
export function plotOf(found: Lookalikes, { width, height }: Place): Plot {
  const { bars } = found.embedding;
  const windows = found.look_alikes.map((one) => ({ one, points: pointsOf(one.path, bars) }));
  const [fan, base] = [fanOf(found), baseRateOf(found)];
  const asked = pointsOf(found.path, bars);
  const next = Math.max(1, ...fan.map((one) => one.bars));
  const others = windows.flatMap(({ points }) => points);
  const values = [
    ...[...asked, ...others.filter(({ bar }) => bar > 0)].map(({ value }) => value),
    ...base.flatMap(({ lower, upper }) => [lower, upper]),
    ...usualRange(others.filter(({ bar }) => bar < 0)),
  ];
  const x = xScale({ past: bars - 1, next, width });
  const { y, ticks, digits } = yScale(values, height);
  const line = (points: readonly Point[]): string =>
    points.map(({ bar, value }) => `${x(bar).toFixed(1)},${y(value).toFixed(1)}`).join(' ');
  const now: Point = { bar: 0, value: 0 };
  const along = (of: readonly Quartiles[], name: 'lower' | 'median' | 'upper'): Point[] => [
    now,
    ...of.map((one) => ({ bar: one.bars, value: one[name] })),
  ];
  return {
    asked: line(asked),
    windows: windows.map(({ one, points }) => ({
      key: keyOf(one),
      past: line(points.filter(({ bar }) => bar <= 0)),
      next: line(points.filter(({ bar }) => bar >= 0)),
    })),
    fan: line([...along(fan, 'lower'), ...along(fan, 'upper').reverse()]),
    median: line(along(fan, 'median')),
    baseRate: (['lower', 'upper'] as const).map((name) => line(along(base, name))),
    nowX: x(0),
    xTicks: [...PAST_TICKS, 0, ...NEXT_TICKS.filter((bar) => x(bar) - x(0) >= MIN_TICK_PX)].map(
      (bar) => ({
        x: x(bar),
        text: bar === 0 ? 'now' : `${bar < 0 ? '−' : '+'}${Math.abs(bar)}`,
      }),
    ),
    yTicks: ticks.map((value) => ({ y: y(value), value })),
    digits,
    inner: { left: MARGIN.left, right: width - MARGIN.right, bottom: height - MARGIN.bottom },
  };
}

/** One window of a wilder market would press all others flat: what lies far out is cut off. */
function usualRange(points: readonly Point[]): number[] {
  const sorted = points.map(({ value }) => value).sort((one, other) => one - other);
  return [0.02, 0.98].flatMap((share) => quantile(sorted, share) ?? []);
}

/** Bar 0 is the last one of the window. */
function pointsOf(path: readonly (number | null)[], bars: number): Point[] {
  return path.flatMap((logPrice, at) => {
    const value = changeOf(logPrice);
    return value === undefined ? [] : [{ bar: at - bars + 1, value }];
  });
}

function xScale({ past, next, width }: { past: number; next: number; width: number }) {
  const unit = (width - MARGIN.left - MARGIN.right) / (past + next * NEXT_WIDTH);
  return (bar: number): number => MARGIN.left + (past + (bar > 0 ? bar * NEXT_WIDTH : bar)) * unit;
}

function yScale(values: readonly number[], height: number) {
  const [low, high] = [Math.min(0, ...values), Math.max(0, ...values)];
  const span = high - low || 0.01;
  const inner = height - MARGIN.top - MARGIN.bottom;
  const y = (value: number): number => MARGIN.top + ((high - value) / span) * inner;
  const step = roundStep(span / 4);
  const ticks: number[] = [];
  for (let at = Math.ceil(low / step); at * step <= high; at += 1)
    ticks.push(at === 0 ? 0 : at * step);
  return { y, ticks, digits: Math.max(0, -Math.floor(Math.log10(step * 100) + 1e-9)) };
}

/** 1, 2 or 5 times a power of ten, at most what is wanted. */
function roundStep(wanted: number): number {
  const power = 10 ** Math.floor(Math.log10(wanted));
  const factor = [5, 2].find((one) => one * power <= wanted) ?? 1;
  return factor * power;
}
