import { ceilToStep, floorToStep, Money, plusPercent } from '../../domain/money.js';
import type { Quote } from '../../domain/market.js';
import type { VenueAbilities, VenueRules } from '../../exchange/orders/order-venue.js';
import type { OrderTerms, OrderWish, PlannedTerms } from '../broker/broker.js';
import type { LiveRules } from './live-rules.js';

/** Where the exchange states no step: the finest that exchanges use. */
const FINEST = new Money('0.00000001');

/** What an order is made from: the wish, the exchange's rules of the symbol, and the settings. */
export interface TermsContext {
  readonly rules: VenueRules;
  readonly abilities: VenueAbilities;
  readonly live: LiveRules;
}

/**
 * A purchase at the ask plus the slippage that is allowed, or less. The size is rounded down, the price down: never
 * more than was decided. What could not be sold again after fee and stop is not bought.
 */
export function entryTerms(wish: OrderWish, context: TermsContext): PlannedTerms {
  const { rules, abilities, live } = context;
  const { quote } = wish;
  if (!rules.isTrading) return impossible(`${rules.symbol} does not trade at the exchange now`);
  if (quote === undefined) return impossible('no quote');
  const ask = new Money(quote.ask);
  const limit = floorToStep(
    Money.min(plusPercent(ask, live.maxSlippagePct), highestBuy(context, quote)),
    tickOf(rules),
  );
  if (limit.lt(ask)) return impossible(`the exchange takes no purchase above ${limit.toString()}`);
  const sizeBase = cutSize(wish.sizeBase, rules, limit);
  const obstacle = findSmallness(sizeBase, ask, rules) ?? findNoWayOut(sizeBase, ask, context);
  if (obstacle !== undefined) return impossible(obstacle);
  return possible(
    abilities.iocLimit
      ? { kind: 'limit-ioc', sizeBase, price: limit, stopPrice: undefined }
      : marketOrder(sizeBase, rules),
  );
}

/**
 * A sale at the bid less the slippage that is allowed, or more; from the second attempt on at any price. The size is
 * rounded down, the price up: never cheaper than was decided.
 */
export function exitTerms(wish: OrderWish, attempt: number, context: TermsContext): PlannedTerms {
  const { rules, abilities, live } = context;
  if (!rules.isTrading) return impossible(`${rules.symbol} does not trade at the exchange now`);
  const { quote } = wish;
  const bid = quote === undefined ? undefined : new Money(quote.bid);
  const sizeBase = cutSize(wish.sizeBase, rules, bid);
  const obstacle = findSmallness(sizeBase, bid, rules);
  if (obstacle !== undefined) return impossible(obstacle);
  const market = marketOrder(sizeBase, rules);
  if (attempt > 1 || !abilities.iocLimit || bid === undefined || quote === undefined) {
    return possible(market);
  }
  const wanted = plusPercent(bid, -live.exitSlippagePct);
  const price = ceilToStep(Money.max(wanted, lowestSell(context, quote)), tickOf(rules));
  // A tick as coarse as the slippage: no price lies between.
  if (price.gt(bid)) return possible(market);
  return possible({ kind: 'limit-ioc', sizeBase, price, stopPrice: undefined });
}

/**
 * A stop that rests: its trigger is rounded up, so that it never sells later than was decided, its limit down, so that
 * it is filled.
 */
export function stopTerms(
  wish: OrderWish & { readonly stopPrice: Money },
  context: TermsContext,
): PlannedTerms {
  const { rules, live } = context;
  const { quote } = wish;
  if (rules.stops === 'none') return impossible('the exchange has no stops in this symbol');
  if (!rules.isTrading) return impossible(`${rules.symbol} does not trade at the exchange now`);
  if (quote === undefined) return impossible('no quote');
  const stopPrice = ceilToStep(wish.stopPrice, tickOf(rules));
  const sizeBase = cutSize(wish.sizeBase, rules, stopPrice);
  const price = floorToStep(plusPercent(stopPrice, -live.exitSlippagePct), tickOf(rules));
  const smallness = findSmallness(sizeBase, price, rules);
  if (smallness !== undefined) return impossible(smallness);
  if (stopPrice.gte(quote.bid) || stopPrice.gte(quote.last)) {
    return impossible('the price is at the stop already: the daemon sells');
  }
  if (price.lt(lowestSell(context, quote))) {
    return impossible('the exchange takes no order so far below the price');
  }
  return possible({ kind: 'stop', sizeBase, price, stopPrice });
}

/** Whether no order may be as small as that. */
export function isTooSmall(sizeBase: Money, price: Money | undefined, rules: VenueRules): boolean {
  return findSmallness(cutSize(sizeBase, rules), price, rules) !== undefined;
}

function findSmallness(
  sizeBase: Money,
  price: Money | undefined,
  { minSize, minCost, quote, base }: VenueRules,
): string | undefined {
  if (sizeBase.lte(0) || (minSize !== undefined && sizeBase.lt(minSize))) {
    return `${sizeBase.toString()} ${base} is below the smallest order of the exchange`;
  }
  if (price === undefined || minCost === undefined) return undefined;
  const cost = sizeBase.times(price);
  if (cost.gte(minCost)) return undefined;
  return `${cost.toFixed(2)} ${quote} is below the smallest order of the exchange, ${minCost.toString()}`;
}

/** An entry whose exit, after the fee and at the stop, would be below the smallest order. */
function findNoWayOut(
  sizeBase: Money,
  ask: Money,
  { rules, live }: TermsContext,
): string | undefined {
  const { feeRate, stopLossPct } = live.trading;
  const left = cutSize(sizeBase.times(new Money(1).minus(feeRate)), rules);
  const worst = plusPercent(plusPercent(ask, -stopLossPct), -live.exitSlippagePct);
  const obstacle = findSmallness(left, worst, rules);
  return obstacle === undefined ? undefined : `at its stop it could not be sold: ${obstacle}`;
}

function marketOrder(sizeBase: Money, rules: VenueRules): OrderTerms {
  const { maxMarketSize = sizeBase } = rules;
  const most = cutSize(Money.min(sizeBase, maxMarketSize), rules);
  return { kind: 'market', sizeBase: most, price: undefined, stopPrice: undefined };
}

/**
 * In whole steps, and no more than the exchange takes in one order: of a sale the rest is sold by the orders after it.
 *
 * @param price at which an order costs the most; undefined where it is not known
 */
function cutSize(
  sizeBase: Money,
  { sizeStep, maxSize = sizeBase, maxCost }: VenueRules,
  price?: Money,
): Money {
  const most = Money.min(sizeBase, maxSize);
  const isLimited = price !== undefined && maxCost !== undefined && most.times(price).gt(maxCost);
  return floorToStep(isLimited ? maxCost.div(price) : most, sizeStep ?? FINEST);
}

function highestBuy({ rules }: TermsContext, quote: Quote): Money {
  const { pricePercent } = rules;
  return pricePercent === undefined
    ? new Money(Infinity)
    : pricePercent.buy.highest.times(quote.last);
}

function lowestSell({ rules }: TermsContext, quote: Quote): Money {
  const { pricePercent } = rules;
  return pricePercent === undefined ? new Money(0) : pricePercent.sell.lowest.times(quote.last);
}

function tickOf({ priceTick }: VenueRules): Money {
  return priceTick ?? FINEST;
}

function possible(terms: OrderTerms): PlannedTerms {
  return { status: 'possible', terms };
}

function impossible(reason: string): PlannedTerms {
  return { status: 'impossible', reason };
}
