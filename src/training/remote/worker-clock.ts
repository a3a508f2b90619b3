import type { SeenNotice } from '../../domain/training-notice.js';
import { VenueClock } from '../../exchange/venue-clock.js';
import type { Clock } from '../../lib/clock.js';

/** What a notice may seem late or early by its way here. A time that is further off was set. */
const MOST_JITTER_MS = 1_000;

type Told = Pick<SeenNotice, 'wallMs' | 'marketMs' | 'ageMs' | 'speed'>;

/**
 * The daemon's time, market and wall, whatever this machine's clock says. What a worker stores is compared with the
 * daemon's clock: a cooldown by that of a machine a day ahead would block its key for a day.
 */
export class WorkerClock implements Clock {
  readonly #own: Clock;
  readonly #market: VenueClock;
  #wall: { readonly wallMs: number; readonly at: number };

  constructor(own: Clock, notice: Told) {
    this.#own = own;
    this.#market = new VenueClock({ wall: own, speed: notice.speed });
    this.#wall = this.#read(notice);
    // Twice, because a clock far from this machine's wants to be confirmed; the daemon has judged it already.
    this.observe(notice);
    this.observe(notice);
  }

  observe(notice: Told): void {
    const { marketMs, ageMs, speed } = notice;
    const at = this.#market.monotonicMs();
    this.#market.observe({
      venueMs: Math.floor(marketMs + ageMs * speed),
      sentMs: at,
      receivedMs: at,
    });
    const wall = this.#read(notice);
    if (Math.abs(wall.wallMs - this.wallMs()) > MOST_JITTER_MS) this.#wall = wall;
  }

  /** By a clock that no one sets, so that setting this machine's in the middle of a job changes nothing. */
  wallMs(): number {
    const { wallMs, at } = this.#wall;
    return Math.floor(wallMs + this.#market.monotonicMs() - at);
  }

  marketMs(): number {
    return this.#market.marketMs();
  }

  sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return this.#own.sleep(durationMs, signal);
  }

  #read({ wallMs, ageMs }: Told): { readonly wallMs: number; readonly at: number } {
    return { wallMs: wallMs + ageMs, at: this.#market.monotonicMs() };
  }
}
