import type { Decimal } from 'decimal.js';
import { Money } from '../../domain/money.js';
import { statusOf, type Fill, type OrderState } from '../account/demo-order.js';

/** Binance writes amounts with eight decimals. */
function amountText(value: Decimal.Value): string {
  return new Money(value).toFixed(8);
}

/** An order as `order`, `openOrders` and `allOrders` show it. */
export function toOrderAnswer(order: OrderState): object {
  const { placed, executedQty, executedQuote, isTriggered, updateTime } = order;
  return {
    symbol: placed.symbol,
    orderId: placed.orderId,
    orderListId: -1,
    clientOrderId: placed.clientOrderId,
    price: amountText(placed.price ?? 0),
    origQty: amountText(placed.origQty),
    executedQty: amountText(executedQty),
    origQuoteOrderQty: amountText(placed.quoteOrderQty ?? 0),
    cummulativeQuoteQty: amountText(executedQuote),
    status: statusOf(order),
    timeInForce: placed.timeInForce,
    type: placed.type,
    side: placed.side,
    stopPrice: amountText(placed.stopPrice ?? 0),
    icebergQty: amountText(0),
    time: placed.time,
    updateTime,
    isWorking: isTriggered,
    workingTime: isTriggered ? updateTime : -1,
    selfTradePreventionMode: 'EXPIRE_MAKER',
  };
}

/** The answer to a new order, with its fills (`newOrderRespType=FULL`). */
export function toPlacedAnswer(order: OrderState): object {
  const { placed, fills } = order;
  return {
    ...toOrderAnswer(order),
    transactTime: placed.time,
    fills: fills.map((fill) => ({
      price: amountText(fill.price),
      qty: amountText(fill.quantity),
      commission: amountText(fill.commission),
      commissionAsset: fill.commissionAsset,
      tradeId: fill.tradeId,
    })),
  };
}

/** A fill as `myTrades` shows it. */
export function toTradeAnswer({ placed }: OrderState, fill: Fill): object {
  return {
    symbol: placed.symbol,
    id: fill.tradeId,
    orderId: placed.orderId,
    orderListId: -1,
    price: amountText(fill.price),
    qty: amountText(fill.quantity),
    quoteQty: amountText(new Money(fill.price).times(fill.quantity)),
    commission: amountText(fill.commission),
    commissionAsset: fill.commissionAsset,
    time: fill.time,
    isBuyer: placed.side === 'BUY',
    isMaker: fill.isMaker,
    isBestMatch: true,
  };
}
