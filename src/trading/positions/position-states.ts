import { Money } from '../../domain/money.js';
import { cashChange, type ExitReason, type Fill, type Position } from '../../domain/trade.js';
import type { Execution } from '../broker/broker.js';
import { raiseTrailing } from './trailing-stop.js';
import type { TradingRules } from '../trading-rules.js';

/** The position once its entry is filled: stop and target are laid around the price that was paid. */
export function toOpen(position: Position, entry: Execution, rules: TradingRules): Position {
  return {
    ...position,
    status: 'open',
    sizeBase: entry.sizeBase,
    entryPrice: entry.price,
    stopPrice: shifted(entry.price, -rules.stopLossPct),
    targetPrice: shifted(entry.price, rules.takeProfitPct),
    ...raiseTrailing(
      { entryPrice: entry.price, trailingPrice: undefined, trailingAt: undefined },
      { price: entry.price, at: entry.filledAt },
      rules,
    ),
    openedAt: entry.filledAt,
  };
}

/** The position whose entry did not come about. */
export function toAbandoned(position: Position, atMs: number): Position {
  return { ...position, status: 'abandoned', closedAt: atMs };
}

/** The position from the intent to sell it. */
export function toClosing(position: Position, exitReason: ExitReason): Position {
  return { ...position, status: 'closing', exitReason };
}

/** The position whose sale did not come about: it is held as before. */
export function toHeldOn(position: Position): Position {
  return { ...position, status: 'open', exitReason: undefined };
}

/** The position once it is sold, `fills` being all of its fills. */
export function toClosed(position: Position, exit: Execution, fills: readonly Fill[]): Position {
  return {
    ...position,
    status: 'closed',
    exitPrice: exit.price,
    realizedPnl: fills.reduce((sum, fill) => sum.plus(cashChange(fill)), new Money(0)),
    closedAt: exit.filledAt,
  };
}

function shifted(price: Money, percent: number): Money | undefined {
  return percent === 0 ? undefined : price.times(new Money(percent).div(100).plus(1));
}
