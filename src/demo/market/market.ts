import type { Candle } from '../../domain/candle.js';
import { floorToBar, timeframeMs, type Timeframe } from '../../domain/timeframe.js';
import { assertDefined } from '../../lib/invariant.js';
import { partialBar, priceAlongPath } from './bar-path.js';
import type { CandleSource, TimeSpan } from './candle-source.js';
import { isListed, isTrading, type Instrument } from './instrument.js';
import { resampleBars } from './resample.js';

/** How a venue shows a bar in which nothing was traded. */
export type EmptyBars = 'omit' | 'fill-flat';

export interface CandleQuery {
  readonly timeframe: Timeframe;
  /** Earliest open time; undefined asks for the newest candles. */
  readonly startMs: number | undefined;
  /** Latest open time, included. */
  readonly endMs: number | undefined;
  readonly limit: number;
}

export interface Quote {
  readonly last: number;
  /** 0 once the pair no longer trades. */
  readonly bid: number;
  readonly ask: number;
}

const DAY_MS = 86_400_000;

/**
 * The market as it can be seen at an instant: closed bars, the open bar as far as its path has gone,
 * and the price that the path has reached. Nothing here depends on what lies after `nowMs`.
 */
export class Market {
  readonly source: CandleSource;
  readonly #emptyBars: EmptyBars;

  constructor(source: CandleSource, emptyBars: EmptyBars = 'omit') {
    this.source = source;
    this.#emptyBars = emptyBars;
  }

  listedAt(nowMs: number): Instrument[] {
    return this.source.instruments.filter((instrument) => isListed(instrument, nowMs));
  }

  findInstrument(id: string, nowMs: number): Instrument | undefined {
    return this.listedAt(nowMs).find((instrument) => instrument.id === id);
  }

  /** Whether bars of that timeframe can be made from the pair's finest ones. */
  canRead({ id }: Instrument, timeframe: Timeframe): boolean {
    const finestMs = timeframeMs(this.#finestOf(id));
    return timeframeMs(timeframe) % finestMs === 0;
  }

  /** Candles as the venue serves them: ascending, the last one possibly unfinished. */
  candles(instrument: Instrument, query: CandleQuery, nowMs: number): Candle[] {
    const { timeframe, limit, startMs, endMs = Infinity } = query;
    const stepMs = timeframeMs(timeframe);
    const firstMs = floorToBar(instrument.listedFromMs, timeframe);
    const lastMs = Math.min(endMs, nowMs, (instrument.delistedAtMs ?? Infinity) - 1);
    const isForward = startMs !== undefined;
    const found: Candle[] = [];
    let fromMs = Math.max(firstMs, ceilToBar(startMs ?? firstMs, timeframe));
    let toMs = floorToBar(lastMs, timeframe) + stepMs;
    while (fromMs < toMs && found.length < limit) {
      const window = isForward
        ? { fromMs, toMs: Math.min(toMs, fromMs + limit * stepMs) }
        : { fromMs: Math.max(fromMs, toMs - limit * stepMs), toMs };
      const bars = this.#barsWithin(instrument, { timeframe, window }, nowMs);
      if (isForward) found.push(...bars);
      else found.unshift(...bars);
      if (isForward) fromMs = window.toMs;
      else toMs = window.fromMs;
    }
    return isForward ? found.slice(0, limit) : found.slice(-limit);
  }

  quote(instrument: Instrument, nowMs: number): Quote {
    const last = this.priceAt(instrument, nowMs);
    if (!isTrading(instrument, nowMs)) return { last, bid: 0, ask: 0 };
    const scale = 10 ** instrument.priceDecimals;
    const lastTicks = Math.round(last * scale);
    const spreadTicks = Math.max(1, Math.round((lastTicks * instrument.spreadBps) / 10_000));
    const bidTicks = Math.max(1, lastTicks - Math.ceil(spreadTicks / 2));
    return { last, bid: bidTicks / scale, ask: (bidTicks + spreadTicks) / scale };
  }

  /** The last 24 hours as one bar, its beginning rounded down to the pair's coarsest kept bar. */
  lastDay(instrument: Instrument, nowMs: number): Candle {
    const [coarsest = '1h'] = this.source.levelsOf(instrument.id);
    const dayAgoMs = floorToBar(nowMs - DAY_MS, coarsest);
    const fromMs = Math.max(dayAgoMs, instrument.listedFromMs);
    const joined = resampleBars(
      this.#reachedBars(instrument, fromMs, nowMs).map((bar) => ({ ...bar, openTime: 0 })),
      '1w',
    )[0];
    const price = this.priceAt(instrument, nowMs);
    const flat = { open: price, high: price, low: price, close: price, volume: 0 };
    return { ...(joined ?? flat), openTime: fromMs };
  }

  priceAt({ id, priceDecimals, listedFromMs }: Instrument, timeMs: number): number {
    const known = this.source.findBarAt(id, Math.max(timeMs, listedFromMs));
    const bar = assertDefined(known, `bar of ${id} at ${timeMs}`);
    const fraction = (timeMs - bar.openTime) / timeframeMs(this.#finestOf(id));
    if (fraction >= 1) return bar.close;
    return Number(priceAlongPath(bar, fraction).toFixed(priceDecimals));
  }

  #finestOf(id: string): Timeframe {
    return assertDefined(this.source.levelsOf(id).at(-1), `level of ${id}`);
  }

  #barsWithin(
    instrument: Instrument,
    { timeframe, window }: { timeframe: Timeframe; window: TimeSpan },
    nowMs: number,
  ): Candle[] {
    const openTime = floorToBar(nowMs, timeframe);
    const toMs = Math.min(window.toMs, openTime);
    const bars = this.source.readBars(instrument.id, timeframe, { fromMs: window.fromMs, toMs });
    if (window.toMs > openTime) {
      const reached = this.#reachedBars(instrument, openTime, nowMs);
      bars.push(...resampleBars(reached, timeframe));
    }
    return this.#emptyBars === 'omit'
      ? bars
      : this.#filled(instrument, { timeframe, window, bars });
  }

  /** Everything from `fromMs` to `nowMs` in the coarsest bars that fit, the last one unfinished. */
  #reachedBars(instrument: Instrument, fromMs: number, nowMs: number): Candle[] {
    const bars: Candle[] = [];
    let reachedMs = fromMs;
    for (const level of this.source.levelsOf(instrument.id)) {
      const toMs = floorToBar(nowMs, level);
      if (toMs <= reachedMs || floorToBar(reachedMs, level) !== reachedMs) continue;
      bars.push(...this.source.readBars(instrument.id, level, { fromMs: reachedMs, toMs }));
      reachedMs = toMs;
    }
    const running = this.#runningBar(instrument, nowMs);
    if (running !== undefined) bars.push(running);
    return bars;
  }

  /** The unfinished bar of the finest timeframe; undefined at its very beginning, before any trade. */
  #runningBar(instrument: Instrument, nowMs: number): Candle | undefined {
    const bar = this.source.findBarAt(instrument.id, nowMs);
    if (bar === undefined) return undefined;
    const fraction = (nowMs - bar.openTime) / timeframeMs(this.#finestOf(instrument.id));
    return fraction > 0 && fraction < 1 ? partialBar(bar, { fraction, ...instrument }) : undefined;
  }

  #filled(
    { id }: Instrument,
    { timeframe, window, bars }: { timeframe: Timeframe; window: TimeSpan; bars: Candle[] },
  ): Candle[] {
    const byTime = new Map(bars.map((bar) => [bar.openTime, bar]));
    let price = this.source.findBarAt(id, window.fromMs - 1)?.close;
    const all: Candle[] = [];
    for (let openTime = window.fromMs; openTime < window.toMs; openTime += timeframeMs(timeframe)) {
      const bar =
        byTime.get(openTime) ?? (price === undefined ? undefined : flatBar(openTime, price));
      if (bar === undefined) continue;
      all.push(bar);
      price = bar.close;
    }
    return all;
  }
}

/** A bar in which nothing was traded. */
export function flatBar(openTime: number, price: number): Candle {
  return { openTime, open: price, high: price, low: price, close: price, volume: 0 };
}

function ceilToBar(timeMs: number, timeframe: Timeframe): number {
  const floored = floorToBar(timeMs, timeframe);
  return floored < timeMs ? floored + timeframeMs(timeframe) : floored;
}
