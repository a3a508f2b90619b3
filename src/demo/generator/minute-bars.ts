import { HOUR_FIELDS } from './hour-bars.js';
import { gaussianAt, uniformAt } from './noise.js';

const MINUTES = 60;

/** Channels of `noise.ts` that the minutes use, away from those of the hours. */
const CHANNEL = { turn: 40, path: 25, wick: 60, volume: 35 } as const;

export interface MinuteBarsOptions {
  /** Key of the pair's random numbers. */
  readonly key: number;
  readonly hour: number;
  /** O, H, L, C in ticks and volume in steps of the hour. */
  readonly bar: Float64Array;
}

/**
 * Refines an hour into 60 minutes that join to exactly that hour: the same open, high, low, close and
 * volume. The price walks from the open over both extremes to the close, the low first when the hour
 * rises; between these points it is a Brownian bridge kept inside the hour's range.
 */
export function minuteBars(options: MinuteBarsOptions): Float64Array {
  const points = walk(options);
  const steps = shareVolume(options, points);
  const [, high = 0, low = 0] = options.bar;
  const minutes = new Float64Array(MINUTES * HOUR_FIELDS);
  for (let minute = 0; minute < MINUTES; minute++) {
    const from = points[minute] ?? 0;
    const to = points[minute + 1] ?? 0;
    const index = options.hour * MINUTES + minute;
    const wick = 0.06 * (high - low);
    const up = Math.round(wick * uniformAt(options.key, index, CHANNEL.wick) ** 2);
    const down = Math.round(wick * uniformAt(options.key, index, CHANNEL.wick + 1) ** 2);
    minutes[minute * HOUR_FIELDS] = from;
    minutes[minute * HOUR_FIELDS + 1] = Math.min(high, Math.max(from, to) + up);
    minutes[minute * HOUR_FIELDS + 2] = Math.max(low, Math.min(from, to) - down);
    minutes[minute * HOUR_FIELDS + 3] = to;
    minutes[minute * HOUR_FIELDS + 4] = steps[minute] ?? 0;
  }
  return minutes;
}

/** Prices in ticks at the 61 bounds of the minutes. */
function walk({ key, hour, bar }: MinuteBarsOptions): Float64Array {
  const [open = 0, high = 0, low = 0, close = 0] = bar;
  const first = 1 + Math.floor(uniformAt(key, hour, CHANNEL.turn) * (MINUTES / 2 - 1));
  const second = first + 1 + Math.floor(uniformAt(key, hour, CHANNEL.turn + 1) * (58 - first));
  const points = new Float64Array(MINUTES + 1);
  const [near, far] = close >= open ? [low, high] : [high, low];
  points[0] = open;
  points[first] = near;
  points[second] = far;
  points[MINUTES] = close;
  const noise = (minute: number): number => gaussianAt(key, hour * MINUTES + minute, CHANNEL.path);
  for (const [from, to] of [
    [0, first],
    [first, second],
    [second, MINUTES],
  ] as const) {
    bridge(points, { from, to, spread: 0.09 * (high - low), low, high, noise });
  }
  return points;
}

interface BridgeOptions {
  readonly from: number;
  readonly to: number;
  /** Standard deviation of a step in ticks. */
  readonly spread: number;
  readonly low: number;
  readonly high: number;
  readonly noise: (minute: number) => number;
}

/** Fills the points strictly between `from` and `to`. */
function bridge(points: Float64Array, options: BridgeOptions): void {
  const { from, to, spread, low, high, noise } = options;
  const end = points[to] ?? 0;
  for (let minute = from + 1; minute < to; minute++) {
    const before = points[minute - 1] ?? 0;
    const left = to - minute + 1;
    const step = (end - before) / left + spread * Math.sqrt((left - 1) / left) * noise(minute);
    points[minute] = Math.min(high, Math.max(low, Math.round(before + step)));
  }
}

/** Whole steps for each minute, at least one, whose sum is the hour's volume. */
function shareVolume({ key, hour, bar }: MinuteBarsOptions, points: Float64Array): Float64Array {
  const [, high = 0, low = 0, , volume = 0] = bar;
  const sums = new Float64Array(MINUTES + 1);
  for (let minute = 0; minute < MINUTES; minute++) {
    const move = Math.abs((points[minute + 1] ?? 0) - (points[minute] ?? 0)) / (high - low || 1);
    const unevenness = Math.exp(0.5 * gaussianAt(key, hour * MINUTES + minute, CHANNEL.volume));
    sums[minute + 1] = (sums[minute] ?? 0) + unevenness * (1 + 6 * move);
  }
  const total = sums[MINUTES] ?? 1;
  const shared = volume - MINUTES;
  const upTo = (minute: number): number =>
    minute === MINUTES ? shared : Math.floor((shared * (sums[minute] ?? 0)) / total);
  return Float64Array.from({ length: MINUTES }, (_, minute) => 1 + upTo(minute + 1) - upTo(minute));
}
