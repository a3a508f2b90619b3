import type { ExitReason, Position } from '../../domain/trade.js';
import type { EngineResult } from '../engine/run-engine.js';
import type { FillModel } from '../engine/backtest-broker.js';
import { toFillPrice } from '../engine/fill-price.js';
import type { Trade, TradeExit } from '../figures/trade.js';
import { barAt } from '../engine/bar-prices.js';
import type { MarketHistory } from '../history/market-history.js';
import { spreadPctOf } from '../history/spread-of.js';
import { Money } from '../../domain/money.js';
import { groupBy } from '../../lib/group-by.js';
import { BarState } from '../../domain/candle-columns.js';
import { barIndex, barOpenTime } from '../../domain/timeframe.js';

const EXITS: Readonly<Record<ExitReason, TradeExit>> = {
  signal: 'signal',
  stop_loss: 'stop',
  trailing: 'trailing',
  take_profit: 'target',
  max_hold: 'hold',
  halt: 'halt',
  // Nobody closes a position of a run.
  manual: 'halt',
  closed_externally: 'halt',
};

export interface TradeList {
  /** By the time of their entry. */
  readonly trades: readonly Trade[];
  /** Bars in which both stop and target were met, so that the stop counted; their real order is not known. */
  readonly uncertainBars: number;
}

/** The trades of a run. What is still held is sold at the symbol's last close and marked `end`. */
export function toTrades(
  history: MarketHistory,
  { stores, decisions, barOf }: EngineResult,
  costs: Pick<FillModel, 'feeRate' | 'slippagePct'> & { readonly spreadPct: number },
): TradeList {
  const positionOf = new Map(stores.orders.map((one) => [one.uid, one.positionUid]));
  const fillsOf = groupBy(stores.fills, ({ orderUid }) => positionOf.get(orderUid) ?? '');
  const trades: Trade[] = [];
  let uncertainBars = 0;
  for (const position of stores.positions) {
    if (position.entryPrice === undefined) continue;
    const source = decisions.sourceOf(position.decisionUid) ?? 'fallback';
    const fills = fillsOf.get(position.uid) ?? [];
    const exitIndex = barOf(fills.at(-1)?.orderUid ?? '');
    const feeQuote = sumOf(fills, ({ feeQuote: fee }) => fee.toNumber());
    const isClosed = position.status === 'closed';
    const trade = isClosed
      ? closedTrade(history, position, { feeQuote, source, exitIndex })
      : openTrade(history, position, { feeQuote, source, costs });
    if (trade === undefined) continue;
    trades.push(trade);
    if (isClosed && isUncertain(history, position, trade)) uncertainBars += 1;
  }
  trades.sort(
    (one, other) => one.openedAt - other.openedAt || (one.symbol < other.symbol ? -1 : 1),
  );
  return { trades, uncertainBars };
}

interface Known {
  readonly feeQuote: number;
  readonly source: Trade['source'];
}

function closedTrade(
  history: MarketHistory,
  position: Position,
  known: Known & { readonly exitIndex: number | undefined },
): Trade {
  const { timeframe } = history;
  const exitPrice = position.exitPrice?.toNumber() ?? NaN;
  return toTrade(position, {
    feeQuote: known.feeQuote,
    source: known.source,
    closedAt: barOpenTime(known.exitIndex ?? NaN, timeframe),
    exitPrice,
    pnlQuote: position.realizedPnl?.toNumber() ?? NaN,
    exit: EXITS[position.exitReason ?? 'signal'],
  });
}

function openTrade(
  { symbols, timeframe }: MarketHistory,
  position: Position,
  known: Known & { readonly costs: Parameters<typeof toTrades>[2] },
): Trade | undefined {
  const held = symbols.find(({ instrument }) => instrument.symbol === position.symbol);
  if (held === undefined) return undefined;
  const { columns, instrument } = held;
  let at = columns.length - 1;
  while (at > 0 && columns.state[at] !== BarState.stored) at -= 1;
  const { feeRate, slippagePct } = known.costs;
  const spreadPct = spreadPctOf(held, known.costs.spreadPct);
  const bid = new Money((columns.close[at] ?? NaN) * (1 - spreadPct / 200));
  const exitPrice = toFillPrice('sell', bid, { slippagePct, instrument }).toNumber();
  const size = position.sizeBase.toNumber();
  const exitFee = exitPrice * size * feeRate.toNumber();
  const feeQuote = known.feeQuote + exitFee;
  const entry = position.entryPrice?.toNumber() ?? NaN;
  return toTrade(position, {
    feeQuote,
    source: known.source,
    closedAt: barOpenTime(columns.firstIndex + at, timeframe),
    exitPrice,
    pnlQuote: (exitPrice - entry) * size - feeQuote,
    exit: 'end',
  });
}

function toTrade(
  { symbol, openedAt, entryPrice, sizeBase }: Position,
  ended: Pick<Trade, 'feeQuote' | 'source' | 'closedAt' | 'exitPrice' | 'pnlQuote' | 'exit'>,
): Trade {
  const price = entryPrice?.toNumber() ?? NaN;
  const size = sizeBase.toNumber();
  return {
    symbol,
    openedAt,
    entryPrice: price,
    closedAt: ended.closedAt,
    exitPrice: ended.exitPrice,
    sizeBase: size,
    feeQuote: ended.feeQuote,
    pnlQuote: ended.pnlQuote,
    pnlFraction: ended.pnlQuote / (price * size),
    exit: ended.exit,
    source: ended.source,
  };
}

function isUncertain(
  { symbols, timeframe }: MarketHistory,
  position: Position,
  trade: Trade,
): boolean {
  if ((trade.exit !== 'stop' && trade.exit !== 'trailing') || position.targetPrice === undefined)
    return false;
  // What is met at the open of a bar is booked at its open, what is met inside at its close.
  const isInside = (position.closedAt ?? 0) > trade.closedAt;
  const history = symbols.find(({ instrument }) => instrument.symbol === position.symbol);
  if (!isInside || history === undefined) return false;
  const bar = barAt(history.columns, barIndex(trade.closedAt, timeframe));
  return bar !== undefined && position.targetPrice.lte(bar.high);
}

function sumOf<T>(values: readonly T[], numberOf: (value: T) => number): number {
  return values.reduce((sum, value) => sum + numberOf(value), 0);
}
