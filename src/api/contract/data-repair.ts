import { z } from 'zod';
import { TIMEFRAMES } from '../../domain/timeframe.js';
import { listQuery, optionalTime, seriesFields } from './common.js';

/** Shapes of the calls that ask the venue again for what is missing in stored series. */

export const repairBody = z
  .strictObject({
    symbol: z.string().min(1).max(200).optional(),
    timeframe: z.enum(TIMEFRAMES).optional(),
  })
  .describe('what is left out means all of them')
  .meta({ examples: [{ symbol: 'BTCUSDT', timeframe: '1h' }] });

const seriesRepair = z.object({
  ...seriesFields,
  timeframe: z.enum(TIMEFRAMES),
  is_under_way: z.boolean().describe('wanted, and not ended yet'),
  ended_at: optionalTime.describe('of the last one; market time'),
  found: z.number().nullable().describe('candles that were missing and are stored now'),
  missing: z.number().nullable().describe('bars that the venue does not have either'),
  error: z.string().nullable().describe('why it goes on trying'),
});

export const repairQuery = listQuery.pick({ limit: true, offset: true });

export const repairs = z
  .object({
    total: z.number(),
    repairs: z.array(seriesRepair).describe('asked for since the start of the daemon'),
  })
  .meta({
    examples: [
      {
        total: 1,
        repairs: [
          {
            symbol: 'BTCUSDT',
            unified_symbol: 'BTC/USDT',
            venue: 'binance',
            timeframe: '1h',
            is_under_way: false,
            ended_at: '2026-11-21T14:00:06.000Z',
            found: 12,
            missing: 3,
            error: null,
          },
        ],
      },
    ],
  });
export type RepairsAnswer = z.input<typeof repairs>;
