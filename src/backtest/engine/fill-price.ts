import type { Instrument } from '../../domain/market.js';
import { ceilToStep, floorToStep, Money, plusPercent } from '../../domain/money.js';
import type { Order } from '../../domain/trade.js';

/**
 * What an order gets where the market is at a price: worse by the slippage, then on the venue's next tick that is no
 * better. A price below one tick is sold at that tick: there is none lower.
 */
export function toFillPrice(
  side: Order['side'],
  price: Money,
  of: { readonly slippagePct: number; readonly instrument: Instrument | undefined },
): Money {
  const { slippagePct, instrument } = of;
  const percent = side === 'buy' ? slippagePct : -slippagePct;
  const slipped = percent === 0 ? price : plusPercent(price, percent);
  if (instrument?.priceTick === undefined) return slipped;
  const tick = new Money(instrument.priceTick);
  return side === 'buy' ? ceilToStep(slipped, tick) : Money.max(tick, floorToStep(slipped, tick));
}
