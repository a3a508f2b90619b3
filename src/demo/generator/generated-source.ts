import { createHash } from 'node:crypto';
import type { Candle } from '../../domain/candle.js';
import { floorToBar, timeframeMs, type Timeframe } from '../../domain/timeframe.js';
import { assertDefined } from '../../lib/invariant.js';
import type { CandleSource, TimeSpan } from '../market/candle-source.js';
import type { Instrument } from '../market/instrument.js';
import { LruCache } from './lru-cache.js';
import { resampleBars } from '../market/resample.js';
import { BLOCK_HOURS, HOUR_FIELDS, HourBars } from './hour-bars.js';
import { MarketFactor } from './market-factor.js';
import { minuteBars } from './minute-bars.js';
import { keyOf } from './noise.js';
import { GENERATED_PAIRS, toInstrument } from './pairs.js';

/** Raised whenever the same seed gives other prices: it is part of the venue's hash. */
const GENERATOR_VERSION = 1;

/** Sunday 2023-01-01T00:00:00Z: the first bar of every pair. */
export const GENERATED_START_MS = 1_672_531_200_000;

/** 2025-01-01: two years of history lie before the first run. */
const DEFAULT_START_MS = 1_735_689_600_000;

const HOUR_MS = 3_600_000;
const LEVELS = ['1h', '1m'] as const;

export interface GeneratedSourceOptions {
  readonly seed: string;
  /** False leaves the planted pattern out: nothing then tells the direction. Default true. */
  readonly hasPattern?: boolean | undefined;
  /** Open times of the first bar of pairs that are listed later, by market id. */
  readonly firstBars?: Readonly<Record<string, number>> | undefined;
}

interface GeneratedSeries {
  readonly instrument: Instrument;
  readonly key: number;
  readonly hours: HourBars;
}

/**
 * The generated market: 120 pairs, endless from 2023-01-01, a pure function of seed and pair. Hours
 * come first; the minutes of an hour are made on request, and join to exactly that hour.
 */
export class GeneratedSource implements CandleSource {
  readonly hash: string;
  readonly startMs = GENERATED_START_MS;
  readonly endMs = undefined;
  readonly defaultStartMs = DEFAULT_START_MS;
  readonly instruments: readonly Instrument[];
  readonly #series: ReadonlyMap<string, GeneratedSeries>;
  /** About 4 MB of hours and 1.5 MB of minutes. */
  readonly #blocks = new LruCache<string, Float64Array>(600);
  readonly #minutes = new LruCache<string, Float64Array>(600);

  constructor(options: GeneratedSourceOptions) {
    const { seed, hasPattern = true, firstBars = {} } = options;
    const identity = JSON.stringify([GENERATOR_VERSION, seed, hasPattern, firstBars]);
    this.hash = createHash('sha256').update(identity).digest('hex').slice(0, 10);
    const market = new MarketFactor(seed);
    const series = GENERATED_PAIRS.map((pair): GeneratedSeries => {
      const bornMs = floorToBar(firstBars[`${pair.base}USDT`] ?? GENERATED_START_MS, '1h');
      const instrument = toInstrument(pair, Math.max(bornMs, GENERATED_START_MS));
      const hours = new HourBars({ seed, pair, market, hasPattern, ...instrument });
      return { instrument, hours, key: keyOf(`${seed}/${pair.base}`) };
    });
    this.instruments = series.map(({ instrument }) => instrument);
    this.#series = new Map(series.map((one) => [one.instrument.id, one]));
  }

  levelsOf(): readonly Timeframe[] {
    return LEVELS;
  }

  readBars(id: string, timeframe: Timeframe, span: TimeSpan): Candle[] {
    const series = assertDefined(this.#series.get(id), `pair ${id}`);
    const fromMs = Math.max(span.fromMs, series.instrument.listedFromMs);
    const isFine = timeframeMs(timeframe) < HOUR_MS;
    const bars: Candle[] = [];
    for (let hourMs = floorToBar(fromMs, '1h'); hourMs < span.toMs; hourMs += HOUR_MS) {
      if (isFine) bars.push(...this.#minutesOf(series, hourMs));
      else bars.push(this.#hourOf(series, hourMs));
    }
    const level = isFine ? '1m' : '1h';
    const asked = bars.filter(({ openTime }) => openTime >= fromMs && openTime < span.toMs);
    return timeframe === level ? asked : resampleBars(asked, timeframe);
  }

  findBarAt(id: string, timeMs: number): Candle | undefined {
    const fromMs = floorToBar(timeMs, '1m');
    return this.readBars(id, '1m', { fromMs, toMs: fromMs + 1 })[0];
  }

  #hourOf(series: GeneratedSeries, openTime: number): Candle {
    return toCandle(this.#rawHour(series, openTime), { series, openTime });
  }

  #minutesOf(series: GeneratedSeries, hourMs: number): Candle[] {
    const hour = (hourMs - GENERATED_START_MS) / HOUR_MS;
    const raw = this.#minutes.get(`${series.instrument.id} ${hour}`, () =>
      minuteBars({ key: series.key, hour, bar: this.#rawHour(series, hourMs) }),
    );
    return Array.from({ length: 60 }, (_, minute) => {
      const bar = raw.subarray(minute * HOUR_FIELDS, (minute + 1) * HOUR_FIELDS);
      return toCandle(bar, { series, openTime: hourMs + minute * 60_000 });
    });
  }

  #rawHour({ instrument, hours }: GeneratedSeries, openTime: number): Float64Array {
    const hour = (openTime - GENERATED_START_MS) / HOUR_MS;
    const block = Math.floor(hour / BLOCK_HOURS);
    const raw = this.#blocks.get(`${instrument.id} ${block}`, () => hours.block(block));
    const offset = (hour - block * BLOCK_HOURS) * HOUR_FIELDS;
    return raw.subarray(offset, offset + HOUR_FIELDS);
  }
}

/** Whole ticks over a power of ten: the quotient is the double nearest to the decimal number. */
function toCandle(
  raw: Float64Array,
  { series, openTime }: { series: GeneratedSeries; openTime: number },
): Candle {
  const [open = NaN, high = NaN, low = NaN, close = NaN, volume = NaN] = raw;
  const tick = 10 ** series.instrument.priceDecimals;
  const step = 10 ** series.instrument.quantityDecimals;
  return {
    openTime,
    open: open / tick,
    high: high / tick,
    low: low / tick,
    close: close / tick,
    volume: volume / step,
  };
}
