import { floorToStep, Money } from '../../domain/money.js';
import { floorToBar, timeframeMs, type Timeframe } from '../../domain/timeframe.js';
import type { BookLevel } from '../market/book.js';
import { knotsOf } from '../market/bar-path.js';
import type { Instrument } from '../market/instrument.js';
import type { Market } from '../market/market.js';
import type { OrderSide } from './demo-order.js';
import { stepSize } from './order-filters.js';

/** Share of the volume that trades at a resting order's price or better and that is ours. */
const VOLUME_SHARE = 0.1;

export interface Match {
  readonly price: Money;
  readonly quantity: Money;
}

export interface TakerOptions {
  readonly quantity: Money;
  /** The worst price; undefined for a market order. */
  readonly limit: Money | undefined;
  readonly side: OrderSide;
  /** Quote that a purchase without a limit may cost; undefined for no limit. */
  readonly budget: Money | undefined;
  readonly step: Money;
}

/** What an order takes from the other side of the book, best price first. */
export function takeFromBook(levels: readonly BookLevel[], options: TakerOptions): Match[] {
  const { limit, side, step } = options;
  const matches: Match[] = [];
  let { quantity, budget } = options;
  for (const [levelPrice, levelQuantity] of levels) {
    const price = new Money(levelPrice);
    const isWorse = limit !== undefined && (side === 'BUY' ? price.gt(limit) : price.lt(limit));
    if (isWorse || quantity.lte(0)) break;
    const affordable = budget === undefined ? quantity : floorToStep(budget.div(price), step);
    const taken = Money.min(quantity, levelQuantity, affordable);
    if (taken.lte(0)) break;
    matches.push({ price, quantity: taken });
    quantity = quantity.minus(taken);
    budget = budget?.minus(taken.times(price));
  }
  return matches;
}

/** A moment at which the price meets a level, and what of it may be filled there. */
export interface Touch {
  readonly atMs: number;
  /** End of the straight part of the bar in which it happens: the next fill comes after it at the earliest. */
  readonly legEndMs: number;
  readonly quantity: Money;
}

export interface TouchOptions {
  readonly market: Market;
  readonly instrument: Instrument;
  /** Whether the price has to fall to the level or to rise to it. */
  readonly direction: 'fall' | 'rise';
  readonly level: number;
  /** From this moment on, included. */
  readonly fromMs: number;
  /** Up to this one, included. */
  readonly toMs: number;
}

/**
 * The first moment at which the price is at the level or beyond it. The price follows the path of
 * `bar-path.ts`, so the answer does not depend on when it is asked for.
 */
export function findTouch(options: TouchOptions): Touch | undefined {
  const { market, instrument } = options;
  const [coarsest] = market.source.levelsOf(instrument.id);
  return coarsest === undefined ? undefined : findWithin(options, 0);
}

/** Skips coarse bars that do not reach the level, and looks into those that do. */
function findWithin(options: TouchOptions, depth: number): Touch | undefined {
  const { market, instrument, fromMs, toMs } = options;
  const levels = market.source.levelsOf(instrument.id);
  const timeframe = levels[depth];
  if (timeframe === undefined || fromMs > toMs) return undefined;
  const isFinest = depth === levels.length - 1;
  const stepMs = timeframeMs(timeframe);
  const span = {
    fromMs: floorToBar(fromMs, timeframe),
    toMs: floorToBar(toMs, timeframe) + stepMs,
  };
  for (const bar of market.source.readBars(instrument.id, timeframe, span)) {
    if (!reaches(options.direction === 'fall' ? bar.low : bar.high, options)) continue;
    const within = {
      ...options,
      fromMs: Math.max(fromMs, bar.openTime),
      toMs: Math.min(toMs, bar.openTime + stepMs - 1),
    };
    const touch = isFinest ? touchInBar(bar, timeframe, within) : findWithin(within, depth + 1);
    if (touch !== undefined) return touch;
  }
  return undefined;
}

function reaches(price: number, { direction, level }: TouchOptions): boolean {
  return direction === 'fall' ? price <= level : price >= level;
}

type Bar = Parameters<typeof knotsOf>[0];

function touchInBar(bar: Bar, timeframe: Timeframe, options: TouchOptions): Touch | undefined {
  const { fromMs, toMs, instrument } = options;
  const legMs = timeframeMs(timeframe) / 3;
  const knots = knotsOf(bar);
  for (let leg = 0; leg < 3; leg++) {
    const [start, end] = [knots[leg] ?? bar.open, knots[leg + 1] ?? bar.close];
    const legStartMs = bar.openTime + leg * legMs;
    const legEndMs = legStartMs + legMs;
    if (legEndMs <= fromMs) continue;
    const atMs = momentInLeg({ start, end, legStartMs, legMs }, options);
    if (atMs === undefined) continue;
    if (atMs > toMs) return undefined;
    const volume = new Money(bar.volume).times(VOLUME_SHARE).div(3);
    const quantity = floorToStep(volume, stepSize(instrument));
    return { atMs, legEndMs: Math.ceil(legEndMs), quantity };
  }
  return undefined;
}

interface Leg {
  readonly start: number;
  readonly end: number;
  readonly legStartMs: number;
  readonly legMs: number;
}

/** The first whole millisecond of the leg, from `fromMs` on, at which the price is at the level or beyond. */
function momentInLeg(
  { start, end, legStartMs, legMs }: Leg,
  options: TouchOptions,
): number | undefined {
  const { fromMs, level } = options;
  const first = Math.max(fromMs, Math.ceil(legStartMs));
  const priceAt = (ms: number): number => start + ((end - start) * (ms - legStartMs)) / legMs;
  if (reaches(priceAt(first), options)) return first;
  if (!reaches(end, options) || end === start) return undefined;
  return Math.max(first, Math.ceil(legStartMs + ((level - start) / (end - start)) * legMs));
}
