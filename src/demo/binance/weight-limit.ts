import type { Clock } from '../../lib/clock.js';
import { BinanceRefusal } from '../dialect/binance-refusal.js';

const MINUTE_MS = 60_000;

/** Requests refused with 429 in a minute before the address is banned. */
const TOLERATED_REFUSALS = 50;
const BAN_MS = 2 * MINUTE_MS;

/** A refusal with a `Retry-After`. */
export class RateRefusal extends BinanceRefusal {
  readonly retryAfterSec: number;

  constructor(status: 418 | 429, message: string, retryAfterSec: number) {
    super(status, -1003, message);
    this.retryAfterSec = retryAfterSec;
  }
}

/**
 * Request weight of the one address there is, by minutes of the wall clock as Binance counts it. Who
 * goes on after 429 is banned with 418.
 */
export class WeightLimit {
  #minute = NaN;
  #used = 0;
  #refused = 0;
  #bannedUntilMs = 0;

  readonly #wall: Pick<Clock, 'wallMs'>;
  readonly perMinute: number;

  constructor(wall: Pick<Clock, 'wallMs'>, perMinute: number) {
    this.#wall = wall;
    this.perMinute = perMinute;
  }

  /** Weight used in this minute. */
  get usedWeight(): number {
    return this.#used;
  }

  charge(weight: number): void {
    const nowMs = this.#wall.wallMs();
    const minute = Math.floor(nowMs / MINUTE_MS);
    if (minute !== this.#minute) {
      this.#minute = minute;
      this.#used = 0;
      this.#refused = 0;
    }
    if (nowMs < this.#bannedUntilMs) throw this.#ban(nowMs);
    this.#used += weight;
    if (this.#used <= this.perMinute) return;
    if (++this.#refused > TOLERATED_REFUSALS) {
      this.#bannedUntilMs = nowMs + BAN_MS;
      throw this.#ban(nowMs);
    }
    const text = `Too many requests; current limit of IP(127.0.0.1) is ${this.perMinute} requests per minute.`;
    throw new RateRefusal(429, text, Math.ceil(((minute + 1) * MINUTE_MS - nowMs) / 1000));
  }

  #ban(nowMs: number): RateRefusal {
    const text = `Way too much request weight used; IP banned until ${this.#bannedUntilMs}. Please use the websocket for live updates to avoid bans.`;
    return new RateRefusal(418, text, Math.ceil((this.#bannedUntilMs - nowMs) / 1000));
  }
}
