/**
 * Random numbers with random access: each is a pure function of (key, index, channel), so any part of
 * a generated market can be computed without what lies before it.
 */

/** 32-bit key of a text (FNV-1a). */
export function keyOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let position = 0; position < text.length; position++) {
    hash = Math.imul(hash ^ text.charCodeAt(position), 0x01000193);
  }
  return hash >>> 0;
}

/** Uniform in (0, 1), neither end included. Mixing steps are those of MurmurHash3's finaliser. */
export function uniformAt(key: number, index: number, channel: number): number {
  let hash = key ^ Math.imul(index + 0x9e3779b9, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) ^ Math.imul(channel + 1, 0xc2b2ae35);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (((hash ^ (hash >>> 16)) >>> 0) + 0.5) / 4294967296;
}

/** Standard normal by Box and Muller. Uses the channels 2·channel and 2·channel + 1 of `uniformAt`. */
export function gaussianAt(key: number, index: number, channel: number): number {
  const radius = Math.sqrt(-2 * Math.log(uniformAt(key, index, 2 * channel)));
  return radius * Math.cos(2 * Math.PI * uniformAt(key, index, 2 * channel + 1));
}

export interface SmoothNoiseOptions {
  readonly key: number;
  readonly channel: number;
  /** Distance of the lattice points in steps of the argument: about how long a value lasts. */
  readonly period: number;
}

/**
 * Slowly varying noise of mean 0 and variance 1: standard normals on a lattice, blended in between
 * linearly and scaled back to variance 1. The lattice is shifted by a phase of its own, so that its
 * points do not fall on the same hours for every key.
 */
export class SmoothNoise {
  readonly #phase: number;
  #cell = NaN;
  #left = 0;
  #right = 0;

  readonly #options: SmoothNoiseOptions;

  constructor(options: SmoothNoiseOptions) {
    this.#options = options;
    this.#phase = uniformAt(options.key, -1, 2 * options.channel);
  }

  at(index: number): number {
    const { key, channel, period } = this.#options;
    const position = index / period + this.#phase;
    const cell = Math.floor(position);
    if (cell !== this.#cell) {
      this.#cell = cell;
      this.#left = gaussianAt(key, cell, channel);
      this.#right = gaussianAt(key, cell + 1, channel);
    }
    const right = position - cell;
    const left = 1 - right;
    const norm = Math.sqrt(left * left + right * right);
    return (this.#left * left + this.#right * right) / norm;
  }
}
