import type { TradingRules } from '../trading-rules.js';

/** What the settings say about orders at an exchange. */
export interface LiveRules {
  /** How far above the ask a purchase may go, in percent. */
  readonly maxSlippagePct: number;
  /** How far below the bid, or below its trigger, a sale may go before it takes any price, in percent. */
  readonly exitSlippagePct: number;
  /** Wall time from the exchange's first answer that it does not know an order until it is believed. */
  readonly unknownOrderMs: number;
  /** Whether stops are to rest at the exchange where it has them. */
  readonly areStopsAtExchange: boolean;
  readonly trading: TradingRules;
}
