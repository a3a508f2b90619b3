import { z } from 'zod';
import { optionalTime } from './common.js';

/** What the account at the exchange tells of itself. Never its key. */

const amount = z.string().describe('exact decimal');
const told = z.boolean().nullable().describe('null where the venue does not tell');

export const accountAnswer = z
  .object({
    mode: z.enum(['paper', 'live']),
    account: z.string().describe('paper, LIVE_ACCOUNT, or a hash of the key'),
    exchange: z.string(),
    read_at: optionalTime.describe('wall time; null on paper, which has no account'),
    balances: z.array(z.object({ currency: z.string(), free: amount, held_by_orders: amount })),
    fees: z
      .object({ symbol: z.string(), maker: amount.nullable(), taker: amount.nullable() })
      .nullable()
      .describe('of the primary symbol, as shares of a value'),
    rights: z
      .object({
        trade: told,
        withdraw: told,
        sub_account: told,
        bound_to_address: told,
        expires_at: optionalTime,
      })
      .nullable(),
  })
  .meta({
    examples: [
      {
        mode: 'live',
        account: '5f0c1ad9e0b7',
        exchange: 'binance',
        read_at: '2026-11-21T14:00:03.000Z',
        balances: [{ currency: 'USDT', free: '1250.5', held_by_orders: '0' }],
        fees: { symbol: 'BTC/USDT', maker: '0.001', taker: '0.001' },
        rights: {
          trade: true,
          withdraw: false,
          sub_account: null,
          bound_to_address: true,
          expires_at: null,
        },
      },
    ],
  });

export type AccountAnswer = z.output<typeof accountAnswer>;
