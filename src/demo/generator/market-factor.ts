import { assertDefined } from '../../lib/invariant.js';
import { LruCache } from './lru-cache.js';
import { gaussianAt, keyOf, SmoothNoise } from './noise.js';

/** What all pairs have in common in an hour. */
export interface MarketHour {
  /** Shock of the whole market, mean 0 and variance 1. */
  readonly shock: number;
  /** Log of the factor that lifts or lowers every pair's volatility. */
  readonly logVolatility: number;
}

/** Hour of day (UTC) at which the market is busiest, and how much busier than on average (log). */
const BUSIEST_HOUR = 15;
const DAILY_SWING = 0.22;

const CHUNK_HOURS = 168;

/**
 * Volatility of the whole market as a cascade: slow, middle and fast components multiply, so calm and
 * wild stretches cluster at every scale from half a day to a month, as in multifractal models (Calvet
 * and Fisher). A heavy-tailed factor common to all pairs gives joint shocks.
 */
export class MarketFactor {
  readonly #key: number;
  readonly #components: readonly SmoothNoise[];
  /** Every pair asks for the same hours: those of about five years are remembered, in 2 MB. */
  readonly #chunks = new LruCache<number, MarketHour[]>(256);

  constructor(seed: string) {
    const key = keyOf(`${seed}/market`);
    this.#key = key;
    this.#components = [700, 130, 20].map(
      (period, position) => new SmoothNoise({ key, channel: 10 + position, period }),
    );
  }

  at(hour: number): MarketHour {
    const block = Math.floor(hour / CHUNK_HOURS);
    const hours = this.#chunks.get(block, () =>
      Array.from({ length: CHUNK_HOURS }, (_, position) =>
        this.#compute(block * CHUNK_HOURS + position),
      ),
    );
    return assertDefined(hours[hour - block * CHUNK_HOURS], `market hour ${hour}`);
  }

  #compute(hour: number): MarketHour {
    let logVolatility = DAILY_SWING * Math.cos(((hour - BUSIEST_HOUR) * Math.PI) / 12) - 0.1;
    for (const component of this.#components) logVolatility += 0.2 * component.at(hour);
    const heaviness = Math.exp(0.35 * gaussianAt(this.#key, hour, 1) - 0.1225);
    return { shock: heaviness * gaussianAt(this.#key, hour, 0), logVolatility };
  }
}
