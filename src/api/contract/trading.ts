import { z } from 'zod';
import { ORDER_KINDS, ORDER_STATUSES, POSITION_STATUSES } from '../../domain/trade.js';
import { closedPositionExample, haltBodyExample, tradingHaltExample } from './examples.js';
import { listQuery, optionalTime, time } from './common.js';

/** Shapes of positions, orders, trades and equity. */

/** How books are narrowed and paged. */
const bookQuery = listQuery.omit({ timeframe: true, bot: true });
export const positionQuery = listQuery.extend({
  status: z
    .enum([...POSITION_STATUSES, 'held'])
    .optional()
    .describe('held: all that have not ended'),
});
export const orderQuery = bookQuery.extend({
  status: z.enum(ORDER_STATUSES).optional(),
  side: z.enum(['buy', 'sell']).optional(),
});
export const tradeQuery = bookQuery.extend({ side: z.enum(['buy', 'sell']).optional() });
export const equityQuery = bookQuery.omit({ symbol: true });

const bookFields = {
  uid: z.string(),
  symbol: z.string(),
  unified_symbol: z.string(),
  venue: z.string(),
  account: z.string(),
};

export const position = z.object({
  ...bookFields,
  timeframe: z.string(),
  bot: z.string(),
  status: z.string(),
  size_base: z.string(),
  held_base: z.string().describe('what is held of it now; of a closed position: dust'),
  entry_price: z.string().nullable(),
  exit_price: z.string().nullable(),
  stop_price: z.string().nullable(),
  target_price: z.string().nullable(),
  trailing_price: z.string().nullable(),
  hold_until: optionalTime,
  exit_reason: z.string().nullable(),
  realized_pnl: z.string().nullable(),
  opened_at: time,
  closed_at: optionalTime,
  newest_close: z.number().nullable().describe('of its market and timeframe, until it has ended'),
  newest_bid: z
    .string()
    .nullable()
    .describe('what it could be sold at, until it has ended; null where nothing is quoted'),
  newest_bid_at: optionalTime,
});
export type PositionAnswer = z.input<typeof position>;

export const order = z.object({
  ...bookFields,
  client_order_id: z.string(),
  position_uid: z.string(),
  side: z.enum(['buy', 'sell']),
  kind: z.enum(ORDER_KINDS),
  size_base: z.string(),
  price: z.string().nullable().describe('worst price of a limit order'),
  stop_price: z.string().nullable(),
  venue_order_id: z.string().nullable(),
  status: z.string(),
  reason: z.string(),
  intended_at: time,
  settled_at: optionalTime,
});
export type OrderAnswer = z.input<typeof order>;

export const trade = z.object({
  ...bookFields,
  order_uid: z.string(),
  side: z.enum(['buy', 'sell']),
  price: z.string(),
  size_base: z.string(),
  fee_quote: z.string().describe('value of the fee in quote currency'),
  fee_amount: z.string().nullable().describe('where it was not taken in quote currency'),
  fee_currency: z.string().nullable(),
  venue_trade_id: z.string().nullable(),
  filled_at: time,
});
export type TradeAnswer = z.input<typeof trade>;

export const reconciliationQuery = bookQuery.omit({ symbol: true });
export const reconciliation = z.object({
  uid: z.string(),
  venue: z.string(),
  account: z.string(),
  reconciled_at: time,
  trigger: z.enum(['start', 'interval']),
  differences: z.array(
    z.object({
      kind: z.string().describe('such as missing_base, late_fill, foreign_order'),
      subject: z.string().describe('a symbol or a currency'),
      finding: z.string(),
      repair: z.string().nullable().describe('what was done about it'),
    }),
  ),
});
export type ReconciliationAnswer = z.input<typeof reconciliation>;

const author = z.string().trim().min(1).max(64).default('api').describe('who orders it');

export const haltBody = z
  .strictObject({
    reason: z.string().trim().min(1).max(1000),
    close_all: z.boolean().default(false).describe('also sells everything that is held'),
    author,
  })
  .meta({ examples: [haltBodyExample] });
export const orderedBody = z.strictObject({ author }).meta({ examples: [{ author: 'api' }] });
export const closeParams = z.object({ uid: z.string().min(1).max(64) });

/** What freezes entries. */
export const halt = z.object({
  cause: z.enum(['person', 'file', 'drawdown', 'daily_loss', 'fault']),
  reason: z.string(),
  author: z.string(),
  since: time.describe('market time'),
  until: optionalTime.describe('market time at which it ends by itself'),
  close_all: z.boolean(),
});
export type HaltView = z.input<typeof halt>;

const unsold = z.object({ uid: z.string(), symbol: z.string(), reason: z.string() });

export const tradingHalt = z
  .object({
    halted: z.boolean(),
    halt: halt.nullable().describe('the one that lasts longest'),
    unsold: z.array(unsold).describe('positions that are held or on their way, with the reason'),
  })
  .meta({ examples: [tradingHaltExample] });
export type TradingHaltAnswer = z.input<typeof tradingHalt>;

export const closedPosition = z
  .object({ uid: z.string(), sold: z.boolean(), unsold: unsold.nullable() })
  .meta({ examples: [closedPositionExample] });

export const equityPoint = z.object({
  venue: z.string(),
  account: z.string(),
  at: time,
  cash: z.string(),
  positions_value: z.string(),
  equity: z.string(),
});
export type EquityAnswer = z.input<typeof equityPoint>;
