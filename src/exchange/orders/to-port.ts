import { Money } from '../../domain/money.js';
import { TransientError } from '../../lib/errors.js';
import type { CcxtMarket } from '../ccxt-exchange.js';
import { largestOf } from '../create-ccxt-exchange.js';
import type { CcxtBalances, CcxtOrder, CcxtTrade } from './ccxt-trading.js';
import type { VenueBalance, VenueFill, VenueOrder, VenueRules } from './order-venue.js';
import type { VenueEntry } from './venue-entry.js';

/** What is known of an order beside the venue's answer, which may leave it out. */
export interface OrderContext {
  readonly clientOrderId?: string;
  readonly symbol?: string;
  readonly side?: 'buy' | 'sell';
  readonly kind?: VenueOrder['kind'];
  readonly sizeBase?: Money;
  readonly venueTime: number;
}

/** ccxt's order as the port states it. Throws a `TransientError` for one that lacks what matters. */
export function toVenueOrder(order: CcxtOrder, context: OrderContext): VenueOrder {
  const symbol = order.symbol ?? context.symbol;
  const side = order.side ?? context.side;
  const sizeBase = toMoney(order.amount) ?? context.sizeBase;
  if (symbol === undefined || sizeBase === undefined || (side !== 'buy' && side !== 'sell')) {
    throw new TransientError('an order without symbol, side or amount');
  }
  const filled = toMoney(order.filled);
  if (filled === undefined && isOver(order)) {
    throw new TransientError('an order that is over without the amount that was filled');
  }
  const filledBase = filled ?? new Money(0);
  return {
    clientOrderId: order.clientOrderId ?? context.clientOrderId ?? '',
    venueOrderId: order.id === '' ? undefined : order.id,
    symbol,
    side,
    kind: context.kind ?? kindOf(order),
    status: statusOf(order.status, filledBase, sizeBase),
    sizeBase,
    filledBase,
    averagePrice: averageOf(order, filledBase),
    updatedAt:
      order.lastUpdateTimestamp ?? order.lastTradeTimestamp ?? order.timestamp ?? context.venueTime,
  };
}

/**
 * Taken for nothing, a missing amount would give up what may have been bought or sold. A rejected order never
 * was where it could be filled.
 */
function isOver({ status }: CcxtOrder): boolean {
  return status === 'closed' || status === 'canceled' || status === 'expired';
}

function kindOf({ type, stopPrice, triggerPrice }: CcxtOrder): VenueOrder['kind'] {
  const trigger = toMoney(triggerPrice ?? stopPrice);
  if (trigger !== undefined && trigger.gt(0)) return 'stop';
  return type === 'market' ? 'market' : 'limit';
}

/** Some venues call an order that ended with a part filled `closed`, like a filled one. */
function statusOf(status: string | undefined, filled: Money, size: Money): VenueOrder['status'] {
  switch (status) {
    case 'closed':
      return filled.lt(size) ? 'canceled' : 'filled';
    case 'canceled':
    case 'expired':
    case 'rejected':
      return status;
    default:
      return 'open';
  }
}

/** The sum over the fills is exact; a stated average may be rounded. */
function averageOf({ cost, average }: CcxtOrder, filled: Money): Money | undefined {
  if (filled.lte(0)) return undefined;
  const paid = toMoney(cost);
  return paid !== undefined && paid.gt(0) ? paid.div(filled) : toMoney(average);
}

/** Throws a `TransientError` for a fill that cannot be booked. */
export function toVenueFill(trade: CcxtTrade): VenueFill {
  const { id, order, symbol, side, timestamp } = trade;
  const [price, sizeBase] = [toMoney(trade.price), toMoney(trade.amount)];
  if (
    id === undefined ||
    order === undefined ||
    symbol === undefined ||
    price === undefined ||
    sizeBase === undefined ||
    timestamp === undefined ||
    (side !== 'buy' && side !== 'sell')
  ) {
    throw new TransientError('a fill without id, order, price, size or time');
  }
  const fee = feeOf(trade);
  return {
    venueTradeId: id,
    venueOrderId: order,
    symbol,
    side,
    price,
    sizeBase,
    fee,
    filledAt: timestamp,
  };
}

function feeOf({ fee, fees, symbol = '' }: CcxtTrade): VenueFill['fee'] {
  const known = fee?.cost !== undefined ? fee : fees?.find(({ cost }) => cost !== undefined);
  const quote = symbol.split('/')[1] ?? '';
  return { amount: toMoney(known?.cost) ?? new Money(0), currency: known?.currency ?? quote };
}

export function toBalances(balances: CcxtBalances): Map<string, VenueBalance> {
  const { free = {}, used = {} } = balances;
  const held = new Map<string, VenueBalance>();
  for (const currency of new Set([...Object.keys(free), ...Object.keys(used)])) {
    const balance = {
      free: toMoney(free[currency]) ?? new Money(0),
      used: toMoney(used[currency]) ?? new Money(0),
    };
    if (balance.free.gt(0) || balance.used.gt(0)) held.set(currency, balance);
  }
  return held;
}

const DECIMAL_PLACES = 2;

export function toRules(
  market: CcxtMarket<string>,
  { entry, precisionMode }: { entry: VenueEntry; precisionMode: number },
): VenueRules {
  const { symbol, base, quote, precision, limits } = market;
  const toStep = (text: string | undefined): Money | undefined => {
    const value = toMoney(text);
    if (value === undefined) return undefined;
    return precisionMode === DECIMAL_PLACES ? new Money(10).pow(value.negated()) : value;
  };
  return {
    symbol,
    base,
    quote,
    isTrading: market.active !== false,
    sizeStep: toStep(precision?.amount),
    priceTick: toStep(precision?.price),
    minSize: toMoney(limits?.amount?.min),
    maxSize: toMoney(largestOf(limits?.amount)),
    maxMarketSize: toMoney(largestOf(limits?.market)),
    minCost: toMoney(limits?.cost?.min),
    maxCost: toMoney(largestOf(limits?.cost)),
    pricePercent: undefined,
    stops: entry.abilities.stops,
    ...entry.readRules?.(market.info),
  };
}

export function toMoney(text: string | number | undefined): Money | undefined {
  if (text === undefined || text === '') return undefined;
  const value = new Money(text);
  return value.isFinite() ? value : undefined;
}
