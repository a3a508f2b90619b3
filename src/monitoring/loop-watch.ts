import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import type { Clock } from '../lib/clock.js';

/** A resolution of 10 ms alone took half a percent of the processor. */
const RESOLUTION_MS = 100;
const NS_PER_MS = 1e6;

export interface EventLoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly p999Ms: number;
  readonly maxMs: number;
}

/** Watches that the cycles of the daemon go on, and how long the event loop delays timers. */
export class LoopWatch {
  readonly #clock: Clock;
  readonly #limitMs: number;
  #histogram: IntervalHistogram | undefined;
  #lastBeatMs: number;
  #beats = 0;

  /** @param limitMs silence after which the loop counts as stuck, wall time */
  constructor(clock: Clock, limitMs: number) {
    this.#clock = clock;
    this.#limitMs = limitMs;
    this.#lastBeatMs = clock.wallMs();
  }

  start(): void {
    this.#histogram ??= monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.#histogram.enable();
    this.#lastBeatMs = this.#clock.wallMs();
  }

  stop(): void {
    this.#histogram?.disable();
  }

  /** Called at the end of each cycle. */
  beat(): void {
    this.#lastBeatMs = this.#clock.wallMs();
    this.#beats++;
  }

  get cycles(): number {
    return this.#beats;
  }

  /** Wall time of the last cycle; undefined before the first. */
  get lastCycleAt(): number | undefined {
    return this.#beats === 0 ? undefined : this.#lastBeatMs;
  }

  silenceMs(): number {
    return this.#clock.wallMs() - this.#lastBeatMs;
  }

  isAlive(): boolean {
    return this.silenceMs() <= this.#limitMs;
  }

  /** Delay beyond the timer's own resolution, since the last call with `reset`. */
  delay(options: { readonly reset?: boolean } = {}): EventLoopDelay {
    const histogram = this.#histogram;
    if (histogram === undefined || histogram.count === 0) {
      return { p50Ms: 0, p99Ms: 0, p999Ms: 0, maxMs: 0 };
    }
    const beyond = (ns: number): number => Math.max(0, ns / NS_PER_MS - RESOLUTION_MS);
    const delay = {
      p50Ms: beyond(histogram.percentile(50)),
      p99Ms: beyond(histogram.percentile(99)),
      p999Ms: beyond(histogram.percentile(99.9)),
      maxMs: beyond(histogram.max),
    };
    if (options.reset === true) histogram.reset();
    return delay;
  }
}
