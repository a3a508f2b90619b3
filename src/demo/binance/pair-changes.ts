import { Money } from '../../domain/money.js';
import type { OrderRequest } from '../account/demo-order.js';
import { refuse } from '../dialect/binance-refusal.js';
import type { FaultEffect } from './faults.js';

export type PairChange = Extract<FaultEffect, { readonly kind: 'pair-changed' }>;

/** What a fault changes of that pair. */
export function findPairChange(
  effects: readonly FaultEffect[],
  symbol: string,
): PairChange | undefined {
  return effects.find(
    (effect): effect is PairChange => effect.kind === 'pair-changed' && effect.symbol === symbol,
  );
}

/** @throws BinanceRefusal for an order that the changed pair does not take */
export function assertPassesChange(
  { symbol, quantity, price, stopPrice }: OrderRequest,
  effects: readonly FaultEffect[],
): void {
  const changed = findPairChange(effects, symbol);
  if (changed === undefined) return;
  if (changed.isSuspended === true) throw refuse(-1013, 'Market is closed.');
  const size = new Money(quantity ?? 0);
  const isOffStep = changed.stepSize !== undefined && !size.mod(changed.stepSize).isZero();
  if (isOffStep) throw refuse(-1013, 'Filter failure: LOT_SIZE');
  const cost = size.times(price ?? stopPrice ?? Infinity);
  const isTooSmall = changed.minNotional !== undefined && cost.lt(changed.minNotional);
  if (isTooSmall) throw refuse(-1013, 'Filter failure: NOTIONAL');
}
