import type { Decision } from '../domain/decision.js';
import type { EquityPoint, Fill, Order, Position } from '../domain/trade.js';
import type { StoredSignal } from './api-context.js';
import type {
  DecisionAnswer,
  EquityAnswer,
  OrderAnswer,
  PositionAnswer,
  SignalAnswer,
  TradeAnswer,
} from './contract.js';

/** Rows as the API shows them: snake_case, ISO times, the venue's own id first. */

export function iso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

export function isoOrNull(timeMs: number | undefined): string | null {
  return timeMs === undefined ? null : iso(timeMs);
}

export type MarketIds = ReadonlyMap<string, string>;

interface Keyed {
  readonly venue: string;
  readonly symbol: string;
  readonly timeframe: string;
  readonly bot: string;
}

export interface KeyAnswer {
  symbol: string;
  unified_symbol: string;
  venue: string;
  timeframe: string;
  bot: string;
}

export function keyAnswer(row: Keyed, marketIds: MarketIds): KeyAnswer {
  return {
    symbol: marketIds.get(row.symbol) ?? row.symbol,
    unified_symbol: row.symbol,
    venue: row.venue,
    timeframe: row.timeframe,
    bot: row.bot,
  };
}

export function signalAnswer(row: StoredSignal, marketIds: MarketIds): SignalAnswer {
  return {
    uid: row.uid,
    ...keyAnswer(row, marketIds),
    candle_open_time: iso(row.candleOpenTime),
    close: row.close,
    prediction: row.prediction,
    confidence: row.confidence,
    ...sourceAnswer(row),
    supersedes_uid: row.supersedesUid ?? null,
    signaled_at: iso(row.signaledAt),
    created_at: iso(row.createdAt),
    outcome: outcomeAnswer(row),
  };
}

function sourceAnswer(row: StoredSignal) {
  if (row.source === 'model') {
    const [sell, hold, buy] = row.probabilities;
    return {
      fallback: false,
      fallback_reason: null,
      insufficient_history: false,
      probabilities: { sell, hold, buy },
      expected_move: row.expectedMove,
      expected_price: row.close * Math.exp(row.expectedMove),
      model_uid: row.modelUid,
    };
  }
  const { indicators } = row;
  return {
    fallback: true,
    fallback_reason: row.fallbackReason,
    insufficient_history: indicators === undefined,
    ...(indicators === undefined
      ? {}
      : {
          fallback_indicators: {
            sma_14: indicators.sma14,
            sma_50: indicators.sma50,
            rsi: indicators.rsi14,
          },
        }),
    expected_move: null,
    expected_price: null,
    model_uid: null,
  };
}

function outcomeAnswer({ outcome }: StoredSignal) {
  if (outcome === undefined) return null;
  return {
    return: outcome.outcomeReturn,
    class: outcome.outcomeClass,
    resolved_at: iso(outcome.resolvedAt),
  };
}

export function decisionAnswer(
  row: Decision,
  signal: StoredSignal | undefined,
  marketIds: MarketIds,
): DecisionAnswer {
  return {
    uid: row.uid,
    ...keyAnswer(row, marketIds),
    signal_uid: row.signalUid,
    candle_open_time: iso(row.candleOpenTime),
    action: row.action,
    reason: row.reason,
    is_advisory: row.isAdvisory,
    position_uid: row.positionUid ?? null,
    decided_at: iso(row.decidedAt),
    prediction: signal?.prediction ?? null,
    confidence: signal?.confidence ?? null,
    source: signal?.source ?? null,
  };
}

function bookAnswer(row: Position | Order | Fill, marketIds: MarketIds) {
  return {
    uid: row.uid,
    symbol: marketIds.get(row.symbol) ?? row.symbol,
    unified_symbol: row.symbol,
    venue: row.venue,
    account: row.account,
  };
}

export function positionAnswer(row: Position, marketIds: MarketIds): PositionAnswer {
  return {
    ...bookAnswer(row, marketIds),
    timeframe: row.timeframe,
    bot: row.bot,
    status: row.status,
    size_base: row.sizeBase.toString(),
    entry_price: row.entryPrice?.toString() ?? null,
    exit_price: row.exitPrice?.toString() ?? null,
    stop_price: row.stopPrice?.toString() ?? null,
    target_price: row.targetPrice?.toString() ?? null,
    hold_until: isoOrNull(row.holdUntil),
    exit_reason: row.exitReason ?? null,
    realized_pnl: row.realizedPnl?.toString() ?? null,
    opened_at: iso(row.openedAt),
    closed_at: isoOrNull(row.closedAt),
  };
}

export function orderAnswer(row: Order, marketIds: MarketIds): OrderAnswer {
  return {
    ...bookAnswer(row, marketIds),
    client_order_id: row.clientOrderId,
    position_uid: row.positionUid,
    side: row.side,
    size_base: row.sizeBase.toString(),
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
    filled_at: iso(row.filledAt),
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
