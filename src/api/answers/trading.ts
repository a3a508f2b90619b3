import type { Halt } from '../../domain/halt.js';
import type { Quote } from '../../domain/market.js';
import type { Unsold } from '../../trading/orders/sell-now.js';
import type { Halted } from '../context/api-context.js';
import {
  heldBaseOf,
  type EquityPoint,
  type Fill,
  type Order,
  type Position,
  type Reconciliation,
} from '../../domain/trade.js';
import type {
  EquityAnswer,
  HaltView,
  OrderAnswer,
  PositionAnswer,
  ReconciliationAnswer,
  TradeAnswer,
  TradingHaltAnswer,
} from '../contract/trading.js';
import { iso, isoOrNull, type MarketIds } from './keys.js';

function bookAnswer(row: Position | Order | Fill, marketIds: MarketIds) {
  return {
    uid: row.uid,
    symbol: marketIds.get(row.symbol) ?? row.symbol,
    unified_symbol: row.symbol,
    venue: row.venue,
    account: row.account,
  };
}

/** The market of a position that has not ended. */
export interface MarketNow {
  readonly newestClose?: number | undefined;
  readonly quote?: Pick<Quote, 'bid' | 'venueTime'> | undefined;
}

export function positionAnswer(
  row: Position,
  marketIds: MarketIds,
  { newestClose, quote }: MarketNow,
): PositionAnswer {
  return {
    ...bookAnswer(row, marketIds),
    timeframe: row.timeframe,
    bot: row.bot,
    status: row.status,
    size_base: row.sizeBase.toString(),
    held_base: heldBaseOf(row).toString(),
    entry_price: row.entryPrice?.toString() ?? null,
    exit_price: row.exitPrice?.toString() ?? null,
    stop_price: row.stopPrice?.toString() ?? null,
    target_price: row.targetPrice?.toString() ?? null,
    trailing_price: row.trailingPrice?.toString() ?? null,
    hold_until: isoOrNull(row.holdUntil),
    exit_reason: row.exitReason ?? null,
    realized_pnl: row.realizedPnl?.toString() ?? null,
    opened_at: iso(row.openedAt),
    closed_at: isoOrNull(row.closedAt),
    newest_close: newestClose ?? null,
    newest_bid: quote?.bid ?? null,
    newest_bid_at: isoOrNull(quote?.venueTime),
  };
}

export function orderAnswer(row: Order, marketIds: MarketIds): OrderAnswer {
  return {
    ...bookAnswer(row, marketIds),
    client_order_id: row.clientOrderId,
    position_uid: row.positionUid,
    side: row.side,
    kind: row.kind,
    size_base: row.sizeBase.toString(),
    price: row.price?.toString() ?? null,
    stop_price: row.stopPrice?.toString() ?? null,
    venue_order_id: row.venueOrderId ?? null,
    status: row.status,
    reason: row.reason,
    intended_at: iso(row.intendedAt),
    settled_at: isoOrNull(row.settledAt),
  };
}

export function tradeAnswer(row: Fill, marketIds: MarketIds): TradeAnswer {
  return {
    ...bookAnswer(row, marketIds),
    order_uid: row.orderUid,
    side: row.side,
    price: row.price.toString(),
    size_base: row.sizeBase.toString(),
    fee_quote: row.feeQuote.toString(),
    fee_amount: row.fee?.amount.toString() ?? null,
    fee_currency: row.fee?.currency ?? null,
    venue_trade_id: row.venueTradeId ?? null,
    filled_at: iso(row.filledAt),
  };
}

export function reconciliationAnswer(row: Reconciliation): ReconciliationAnswer {
  const { uid, venue, account, reconciledAt, trigger } = row;
  return {
    uid,
    venue,
    account,
    reconciled_at: iso(reconciledAt),
    trigger,
    differences: row.differences.map(({ kind, subject, finding, repair }) => ({
      kind,
      subject,
      finding,
      repair: repair ?? null,
    })),
  };
}

export function equityAnswer(row: EquityPoint): EquityAnswer {
  return {
    venue: row.venue,
    account: row.account,
    at: iso(row.at),
    cash: row.cash.toString(),
    positions_value: row.positionsValue.toString(),
    equity: row.equity.toString(),
  };
}

export function haltView({ cause, reason, author, haltedAt, until, isCloseAll }: Halt): HaltView {
  return {
    cause,
    reason,
    author,
    since: iso(haltedAt),
    until: isoOrNull(until),
    close_all: isCloseAll,
  };
}

export function unsoldAnswer({ uid, symbol, reason }: Unsold): Unsold {
  return { uid, symbol, reason };
}

export function haltAnswer({ halt, unsold }: Halted): TradingHaltAnswer {
  return {
    halted: halt !== undefined,
    halt: halt === undefined ? null : haltView(halt),
    unsold: unsold.map(unsoldAnswer),
  };
}
