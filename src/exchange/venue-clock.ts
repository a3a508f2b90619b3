import type { Clock } from '../lib/clock.js';

/** A clock that knows the venue's time and how market time relates to waiting. */
export interface MarketClock extends Clock {
  /** Wall time until market time reaches that instant, 0 when it has. */
  wallMsUntil(marketMs: number): number;
  /**
   * A time that the venue has certainly reached: what decides whether a candle is closed. Never ahead
   * of the venue, where `marketMs` may be for an instant.
   */
  certainMarketMs(): number;
  /** A time that the venue has certainly not passed yet: what opens after it comes from the future. */
  latestMarketMs(): number;
  /** Whether the venue has answered with its time; without a time call the wall clock counts. */
  readonly isVenueTime: boolean;
  /** Venue minus wall time, half the round trip allowed for; undefined before the first answer. */
  readonly skewMs: number | undefined;
  /** Market time that passes in one unit of wall time; 1 outside the demo. */
  readonly speed: number;
}

/** One answer of the venue to "what time is it". */
export interface VenueTimeSample {
  readonly venueMs: number;
  /** Monotonic time when the question left and when the answer came. */
  readonly sentMs: number;
  readonly receivedMs: number;
}

export interface VenueClockOptions {
  readonly wall: Clock;
  /** Market time per wall time; the demo's is above 1. */
  readonly speed?: number;
  /** A clock that no one sets; only differences count. */
  readonly monotonicMs?: (() => number) | undefined;
}

/** A sample this far from what was expected needs a second one that agrees. */
const SUSPICIOUS_JUMP_MS = 60_000;
/** A skew measured over a slower round trip says too little to be shown. */
const MAX_ROUND_TRIP_FOR_SKEW_MS = 1_000;
/** Wall time by which an answer may be older than it seems: its way here, and a busy machine. */
const UNCERTAINTY_MS = 5_000;
/** Scaled time runs on for so long without an answer: the demo's time stops with its server. */
const MAX_SCALED_RUN_MS = 3_000;

/**
 * Market time: the venue's last answer and what has passed since by the monotonic clock, so that
 * setting this machine's clock does not move it. Never goes back; where the venue turns out to be
 * behind, it stands still until the venue has caught up. The wall's time before the first answer, and
 * always where a venue has no time call.
 */
export class VenueClock implements MarketClock {
  readonly speed: number;
  readonly #wall: Clock;
  readonly #monotonicMs: () => number;
  #sample: VenueTimeSample | undefined;
  #suspect: VenueTimeSample | undefined;
  #highWaterMs = -Infinity;
  #skewMs: number | undefined;
  /** Whether scaled time was seen standing still: a recording that ended. */
  #isHalted = false;

  constructor(options: VenueClockOptions) {
    this.#wall = options.wall;
    this.speed = options.speed ?? 1;
    this.#monotonicMs = options.monotonicMs ?? (() => performance.now());
  }

  get skewMs(): number | undefined {
    return this.#skewMs;
  }

  get isVenueTime(): boolean {
    return this.#sample !== undefined;
  }

  /** For the time stamps of a `VenueTimeSample`. */
  monotonicMs(): number {
    return this.#monotonicMs();
  }

  wallMs(): number {
    return this.#wall.wallMs();
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.#wall.sleep(durationMs, signal);
  }

  marketMs(): number {
    this.#highWaterMs = Math.max(this.#highWaterMs, Math.floor(this.#extrapolatedMs()));
    return this.#highWaterMs;
  }

  certainMarketMs(): number {
    // At real speed a few milliseconds pass unmeasured; scaled, they would be many bars' seconds.
    if (this.speed !== 1) return this.#sample?.venueMs ?? -Infinity;
    return Math.floor(this.#extrapolatedMs());
  }

  latestMarketMs(): number {
    return Math.ceil(this.#extrapolatedMs()) + UNCERTAINTY_MS * this.speed;
  }

  wallMsUntil(marketMs: number): number {
    return Math.max(0, (marketMs - this.marketMs()) / this.speed);
  }

  /**
   * Sets the clock by an answer of the venue. Returns false for one that lies far from what was
   * expected: it counts once a second answer agrees with it.
   */
  observe(sample: VenueTimeSample): boolean {
    if (!Number.isSafeInteger(sample.venueMs) || sample.venueMs <= 0) return false;
    if (!this.#isExpected(sample) && !this.#confirmsSuspect(sample)) {
      this.#suspect = sample;
      return false;
    }
    // What the wall said before the venue did is no mark that market time would have to reach.
    if (this.#sample === undefined) this.#highWaterMs = -Infinity;
    this.#isHalted = this.speed !== 1 && this.#sample?.venueMs === sample.venueMs;
    this.#suspect = undefined;
    this.#sample = sample;
    this.#noteSkew(sample);
    return true;
  }

  /**
   * No half round trip is added to the venue's answer: so the result is at most that much late, and
   * never early.
   */
  #extrapolatedMs(): number {
    const sample = this.#sample;
    if (sample === undefined) return this.#wall.wallMs();
    if (this.#isHalted) return sample.venueMs;
    return extrapolate(sample, this.#monotonicMs(), this.speed);
  }

  #isExpected(sample: VenueTimeSample): boolean {
    if (this.#sample === undefined && this.speed !== 1) return true;
    const expectedMs =
      this.#sample === undefined
        ? this.#wall.wallMs()
        : this.#sample.venueMs + (sample.receivedMs - this.#sample.receivedMs) * this.speed;
    const isAheadOrNear = Math.abs(sample.venueMs - expectedMs) <= SUSPICIOUS_JUMP_MS * this.speed;
    // Scaled time may lag by any amount: its server was stopped for a while and went on from there.
    return isAheadOrNear || (this.speed !== 1 && this.#isBetween(sample, expectedMs));
  }

  #isBetween(sample: VenueTimeSample, expectedMs: number): boolean {
    return sample.venueMs >= (this.#sample?.venueMs ?? -Infinity) && sample.venueMs <= expectedMs;
  }

  #confirmsSuspect(sample: VenueTimeSample): boolean {
    if (this.#suspect === undefined) return false;
    const expectedMs =
      this.#suspect.venueMs + (sample.receivedMs - this.#suspect.receivedMs) * this.speed;
    return Math.abs(sample.venueMs - expectedMs) <= SUSPICIOUS_JUMP_MS * this.speed;
  }

  #noteSkew(sample: VenueTimeSample): void {
    const roundTripMs = sample.receivedMs - sample.sentMs;
    if (this.speed !== 1 || roundTripMs > MAX_ROUND_TRIP_FOR_SKEW_MS) return;
    const sinceReceiptMs = this.#monotonicMs() - sample.receivedMs;
    const venueNowMs = sample.venueMs + roundTripMs / 2 + sinceReceiptMs;
    this.#skewMs = Math.round(venueNowMs - this.#wall.wallMs());
  }
}

function extrapolate(sample: VenueTimeSample, nowMs: number, speed: number): number {
  const elapsedMs = Math.max(0, nowMs - sample.receivedMs);
  if (speed === 1) return sample.venueMs + elapsedMs;
  return sample.venueMs + speed * Math.min(elapsedMs, MAX_SCALED_RUN_MS);
}
