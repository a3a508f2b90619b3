import { BarState, type CandleColumns } from '../../domain/candle-columns.js';

/** Bars of a window. */
export const EMBEDDING_BARS = 64;
/** Changes with every change of the transform: an index of another version is built again. */
export const EMBEDDING_VERSION = 1;
/** Numbers of an embedding. */
export const EMBEDDING_SIZE = 64;
/** Numbers that come first because they differ most between windows: a search looks at them first. */
export const HEAD_SIZE = 8;
/** Bars that a row is computed from: the window, and the close before it. */
export const EMBEDDING_REACH = EMBEDDING_BARS + 1;

/** A stored number is the embedding's times this. */
export const STORED_SCALE = 1024;
/** Squares of eight differences of stored numbers then fit into 32 bits. */
const STORED_LIMIT = 8191;

type Channel = 'path' | 'reference' | 'range' | 'volume';

interface Coefficient {
  readonly channel: Channel;
  /** Of the cosine transform: how many half waves lie in the window. */
  readonly order: number;
}

/** How much a channel counts in a distance: the path of the price most. */
const WEIGHTS: Readonly<Record<Channel, number>> = {
  path: 1,
  reference: 0.5,
  range: 0.3,
  volume: 0.3,
};

/** Those that differ most come first: a search leaves most windows after three of them. */
const HEAD: readonly Coefficient[] = [
  ...coefficients('path', 0, 2),
  ...coefficients('reference', 0, 2),
  ...coefficients('path', 2, 5),
  ...coefficients('reference', 2, 3),
];
const LAYOUT: readonly Coefficient[] = [
  ...HEAD,
  ...coefficients('path', 5, 24),
  ...coefficients('reference', 3, 16),
  // Their mean is the scale that they are divided by, so order 0 says nothing.
  ...coefficients('range', 1, 13),
  ...coefficients('volume', 1, 13),
];

const BASIS = LAYOUT.map(({ channel, order }) => cosine(order, WEIGHTS[channel]));

function coefficients(channel: Channel, from: number, to: number): readonly Coefficient[] {
  return Array.from({ length: to - from }, (_, step) => ({ channel, order: from + step }));
}

/**
 * One row of the orthonormal cosine transform (DCT-II), divided by the root of the number of bars: a distance is then
 * the root of the mean squared difference of two windows, weighted.
 */
function cosine(order: number, weight: number): Float64Array {
  const norm = (order === 0 ? 1 : Math.SQRT2) / EMBEDDING_BARS;
  return Float64Array.from(
    { length: EMBEDDING_BARS },
    (_, at) => weight * norm * Math.cos((Math.PI * (at + 0.5) * order) / EMBEDDING_BARS),
  );
}

/** Candles of a series and of its reference, which is undefined where there is none. */
export interface WindowSource {
  readonly series: CandleColumns;
  readonly reference: CandleColumns | undefined;
}

/** Embeds windows of one series after the other. Keeps its buffers, so that a row costs no memory. */
export class WindowEmbedder {
  readonly #source: WindowSource;
  readonly #channels: Readonly<Record<Channel, Float64Array>> = {
    path: new Float64Array(EMBEDDING_BARS),
    reference: new Float64Array(EMBEDDING_BARS),
    range: new Float64Array(EMBEDDING_BARS),
    volume: new Float64Array(EMBEDDING_BARS),
  };

  constructor(source: WindowSource) {
    this.#source = source;
  }

  /**
   * Writes the embedding of the window that ends with bar `index` into `target`. It depends on the 65 bars up to that
   * one and on nothing else.
   *
   * @returns false where the window has none: a bar of it or of its reference is missing, or the price never moved
   */
  embed(index: number, target: Float64Array): boolean {
    const { series, reference } = this.#source;
    const channels = this.#channels;
    if (!fillPath(series, index, channels.path)) return false;
    if (reference === undefined) channels.reference.fill(0);
    else if (reference === series) channels.reference.set(channels.path);
    else if (!fillPath(reference, index, channels.reference)) return false;
    fillRange(series, index, channels.range);
    fillVolume(series, index, channels.volume);
    for (const [at, { channel }] of LAYOUT.entries()) {
      target[at] = product(BASIS[at] as Float64Array, channels[channel]);
    }
    return true;
  }
}

/** Rounds an embedding to the numbers that are stored: 16 bits each. */
export function toStored(values: Float64Array, target: Int16Array, offset = 0): void {
  for (let at = 0; at < EMBEDDING_SIZE; at++) {
    const scaled = Math.round((values[at] as number) * STORED_SCALE);
    target[offset + at] = Math.max(-STORED_LIMIT, Math.min(STORED_LIMIT, scaled));
  }
}

/** The sum of log returns in units of what a random walk of that volatility covers in a window. */
function fillPath(columns: CandleColumns, index: number, target: Float64Array): boolean {
  const { close, state } = columns;
  const last = index - columns.firstIndex;
  const first = last - EMBEDDING_BARS;
  if (first < 0 || last >= columns.length) return false;
  let [squares, sum] = [0, 0];
  for (let at = first; at <= last; at++) if (state[at] !== BarState.stored) return false;
  for (let at = 0; at < EMBEDDING_BARS; at++) {
    const move = Math.log((close[first + at + 1] as number) / (close[first + at] as number));
    squares += move * move;
    sum += move;
    target[at] = sum;
  }
  // The volatility of a bar times the root of the number of bars.
  const unit = Math.sqrt(squares);
  if (!(unit > 0) || !Number.isFinite(unit)) return false;
  for (let at = 0; at < EMBEDDING_BARS; at++) target[at] = (target[at] as number) / unit;
  return true;
}

/** High over low of each bar in terms of the window's mean. */
function fillRange(
  { high, low, firstIndex }: CandleColumns,
  index: number,
  target: Float64Array,
): void {
  const first = index - firstIndex - EMBEDDING_BARS + 1;
  for (let at = 0; at < EMBEDDING_BARS; at++) {
    target[at] = Math.log((high[first + at] as number) / (low[first + at] as number));
  }
  relateToMean(target);
}

/** Volume of each bar in terms of the window's mean, as a logarithm. */
function fillVolume(
  { volume, firstIndex }: CandleColumns,
  index: number,
  target: Float64Array,
): void {
  const first = index - firstIndex - EMBEDDING_BARS + 1;
  for (let at = 0; at < EMBEDDING_BARS; at++) target[at] = volume[first + at] as number;
  relateToMean(target);
  for (let at = 0; at < EMBEDDING_BARS; at++) target[at] = Math.log(2 + (target[at] as number));
}

/** Divides by the mean and takes 1 away; all 0 where there is no mean to divide by. */
function relateToMean(target: Float64Array): void {
  const mean = target.reduce((sum, value) => sum + value, 0) / EMBEDDING_BARS;
  if (!(mean > 0) || !Number.isFinite(mean)) {
    target.fill(0);
    return;
  }
  for (let at = 0; at < EMBEDDING_BARS; at++) target[at] = (target[at] as number) / mean - 1;
}

function product(one: Float64Array, other: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < EMBEDDING_BARS; at++) sum += (one[at] as number) * (other[at] as number);
  return sum;
}
