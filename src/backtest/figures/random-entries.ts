import type { Random } from '../../lib/seeded-random.js';
import { mean } from './statistics.js';

/** Prices at which a symbol could be bought or sold, bar by bar. */
export interface TradablePrices {
  /** Opens of the bars of the span, ascending. */
  readonly open: ArrayLike<number>;
  /** Of a round trip: both fees and the spread. */
  readonly costFraction: number;
}

/** A trade that is compared with entries at random. */
export interface HeldTrade {
  readonly symbol: string;
  readonly holdingBars: number;
  readonly pnlFraction: number;
}

export interface RandomEntryTest {
  /** Share of the random sets that earned as much as the run or more: small is good. */
  readonly pValue: number;
  /** Mean return of a trade, of the run and of the random sets. */
  readonly ownMean: number;
  readonly randomMean: number;
  readonly sets: number;
}

const SETS = 1000;

/**
 * Are the entries better than chance? Each trade of the run is entered at a random bar of the same symbol and held
 * as long; a thousand such sets give the distribution. Fees and spread count on both sides, stops do not. A
 * permutation test in the sense of Phipson and Smyth (2010): the run itself counts as one of the sets.
 */
export function testRandomEntries(
  trades: readonly HeldTrade[],
  prices: ReadonlyMap<string, TradablePrices>,
  random: Random,
): RandomEntryTest | undefined {
  const held = trades.filter((trade) => canBePlaced(trade, prices));
  if (held.length === 0) return undefined;
  const ownMean = mean(held.map(({ pnlFraction }) => pnlFraction));
  const placeable = held.map(({ symbol, holdingBars }) => ({
    holdingBars,
    open: prices.get(symbol)?.open ?? [],
  }));
  const costs = mean(held.map(({ symbol }) => prices.get(symbol)?.costFraction ?? 0));
  let atLeast = 1;
  let total = 0;
  for (let set = 0; set < SETS; set++) {
    const drawn = drawMean(placeable, random) - costs;
    if (drawn >= ownMean) atLeast += 1;
    total += drawn;
  }
  return { pValue: atLeast / (SETS + 1), ownMean, randomMean: total / SETS, sets: SETS };
}

function canBePlaced(
  { symbol, holdingBars }: HeldTrade,
  prices: ReadonlyMap<string, TradablePrices>,
): boolean {
  return (prices.get(symbol)?.open.length ?? 0) > holdingBars;
}

interface Placeable {
  readonly holdingBars: number;
  readonly open: ArrayLike<number>;
}

/** Mean return of the trades, each entered at a random bar. A loop without allocations: it runs for millions of draws. */
function drawMean(trades: readonly Placeable[], random: Random): number {
  let sum = 0;
  for (const { holdingBars, open } of trades) {
    const entry = Math.floor(random() * (open.length - holdingBars));
    sum += (open[entry + holdingBars] ?? NaN) / (open[entry] ?? NaN) - 1;
  }
  return sum / trades.length;
}
