import { Money, plusPercent } from '../../domain/money.js';
import {
  baseChange,
  heldBaseOf,
  resultChange,
  type ExitReason,
  type Fill,
  type Position,
} from '../../domain/trade.js';
import { raiseTrailing } from './trailing-stop.js';
import type { TradingRules } from '../trading-rules.js';

/**
 * The position after fills of its entry, `fills` being all of them so far: stop and target are laid around the
 * mean price that was paid. It grows with each further fill.
 */
export function toBought(
  position: Position,
  fills: readonly Fill[],
  rules: TradingRules,
): Position {
  const entryPrice = meanPrice(fills);
  const openedAt = Math.max(...fills.map(({ filledAt }) => filledAt));
  return {
    ...position,
    // A sale that is under way goes on.
    status: position.status === 'closing' ? 'closing' : 'open',
    sizeBase: sumOf(fills, baseChange),
    entryPrice,
    stopPrice: shifted(entryPrice, -rules.stopLossPct),
    targetPrice: shifted(entryPrice, rules.takeProfitPct),
    ...(position.trailingPrice === undefined
      ? raiseTrailing(
          { entryPrice, trailingPrice: undefined, trailingAt: undefined },
          { price: entryPrice, at: openedAt },
          rules,
        )
      : undefined),
    openedAt,
    closedAt: undefined,
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

/** The position whose sale never was on its way: what is left is held as before. */
export function toHeldOn(position: Position): Position {
  return { ...position, status: 'open', exitReason: undefined };
}

/**
 * The position whose sale was not taken. It is guarded again, and the reason to sell it stays with it until it is sold
 * (`isToBeSold`). A halt that sells everything says so itself, for as long as it lasts.
 */
export function toRefused(position: Position): Position {
  const { exitReason } = position;
  return {
    ...position,
    status: 'open',
    exitReason: exitReason === 'halt' ? undefined : exitReason,
  };
}

/** Whether it was decided to sell what is held, and nobody took it yet. */
export function isToBeSold({ status, exitReason }: Position): boolean {
  return status === 'open' && exitReason !== undefined;
}

/** The position after further fills of a sale: it shrinks. */
export function toReduced(position: Position, sold: readonly Fill[]): Position {
  if (sold.length === 0) return position;
  const gone = sumOf(sold, baseChange).negated();
  return { ...position, soldBase: position.soldBase?.plus(gone) ?? gone };
}

/**
 * The position once nothing of it can be sold any more. What is left then is dust.
 *
 * @param fills all of its fills
 */
export function toClosed(
  position: Position,
  fills: readonly Fill[],
  { exitReason, atMs }: { readonly exitReason: ExitReason | undefined; readonly atMs: number },
): Position {
  const sales = fills.filter(({ side }) => side === 'sell');
  return {
    ...position,
    status: 'closed',
    exitReason,
    exitPrice: sales.length === 0 ? undefined : meanPrice(sales),
    realizedPnl: sumOf(fills, resultChange),
    closedAt: sales.length === 0 ? atMs : Math.max(...sales.map(({ filledAt }) => filledAt)),
  };
}

/** The position of which less is at the exchange than was bought and not sold. */
export function toLessHeld(position: Position, heldBase: Money): Position {
  const gone = heldBaseOf(position).minus(heldBase);
  return { ...position, soldBase: position.soldBase?.plus(gone) ?? gone };
}

/** Mean price by size. One fill has its own, to the last digit. */
function meanPrice(fills: readonly Fill[]): Money {
  const [first, ...others] = fills;
  if (first === undefined) throw new RangeError('A mean price needs a fill');
  if (others.length === 0) return first.price;
  const value = sumOf(fills, ({ price, sizeBase }) => price.times(sizeBase));
  return value.div(sumOf(fills, ({ sizeBase }) => sizeBase));
}

function sumOf(fills: readonly Fill[], amountOf: (fill: Fill) => Money): Money {
  return fills.reduce((sum, fill) => sum.plus(amountOf(fill)), new Money(0));
}

function shifted(price: Money, percent: number): Money | undefined {
  return percent === 0 ? undefined : plusPercent(price, percent);
}
