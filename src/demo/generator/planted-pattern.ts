import { SmoothNoise } from './noise.js';

/**
 * What there is to learn in the generated market. Each pair has a hidden *pressure* g between −1 and
 * +1 that turns around about once a day, on its own schedule. While it is positive, an hour
 *
 * - drifts upwards by `DRIFT`·g of that hour's own volatility: over four hours, where the volatility
 *   is twice that of one hour, by half a standard deviation on average and 0.8 at most;
 * - trades more when it rises than when it falls (`VOLUME_TILT`);
 * - leaves long lower and short upper wicks (`WICK_TILT`);
 *
 * and the reverse while it is negative. So lagged returns, signed volume and the asymmetry of the
 * wicks of the last hours tell the sign of the next ones. Without the pattern g is 0 and nothing tells
 * the direction; volatility and volume stay predictable.
 */
const DRIFT = 0.4;
const VOLUME_TILT = 0.6;
const WICK_TILT = 0.65;

/** Lattice distance of the pressure in hours; its sign lasts about twice as long. */
const PERIOD_HOURS = 12;
const CHANNEL = 20;

export class PlantedPattern {
  readonly #noise: SmoothNoise;

  readonly #isPresent: boolean;

  constructor(key: number, isPresent: boolean) {
    this.#isPresent = isPresent;
    this.#noise = new SmoothNoise({ key, channel: CHANNEL, period: PERIOD_HOURS });
  }

  /** Pressure g of the hour, in (−1, 1); 0 where the pattern is left out. */
  pressureAt(hour: number): number {
    return this.#isPresent ? Math.tanh(1.5 * this.#noise.at(hour)) : 0;
  }
}

/** Drift of the hour's log return in units of the hour's volatility. */
export function driftOf(pressure: number): number {
  return DRIFT * pressure;
}

/** Log factor of the hour's volume. */
export function volumeTiltOf(pressure: number, logReturn: number): number {
  return VOLUME_TILT * pressure * Math.sign(logReturn);
}

/** Factors of the upper and the lower wick. */
export function wickFactorsOf(pressure: number): {
  readonly upper: number;
  readonly lower: number;
} {
  return { upper: 1 - WICK_TILT * pressure, lower: 1 + WICK_TILT * pressure };
}
