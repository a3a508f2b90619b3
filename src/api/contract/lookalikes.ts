import { z } from 'zod';
import { keyQuery, optionalTime, time } from './common.js';

/** Shapes of the call about look-alikes. Returns are log returns. */

const MOST_LOOKALIKES = 100;

export const lookalikeQuery = keyQuery.pick({ timeframe: true, venue: true }).extend({
  k: z.coerce.number().int().min(1).max(MOST_LOOKALIKES).default(20).describe('how many at most'),
  scope: z
    .enum(['symbol', 'all'])
    .default('all')
    .describe('windows of this symbol only, or of every stored one'),
  at: time
    .optional()
    .describe('open time of the closed bar that is asked about; default: the newest one'),
});

const path = z
  .array(z.number().nullable())
  .describe('log price of each bar less that of the last bar of the window');

const distribution = z.object({
  windows: z.number().int(),
  median: z.number().nullable(),
  lower_quartile: z.number().nullable(),
  upper_quartile: z.number().nullable(),
  share_up: z.number().nullable(),
});

const lookalike = z.object({
  symbol: z.string(),
  unified_symbol: z.string(),
  from: time.describe('open time of the first bar of the window'),
  time: time.describe('close of its last bar'),
  distance: z
    .number()
    .describe('0 for the same window: root of the mean squared difference of the scaled paths'),
  returns: z
    .array(z.object({ bars: z.number().int(), value: z.number().nullable() }))
    .describe('what followed, from the close of its last bar'),
  path: path.describe('from its first bar to 24 bars after its last one'),
});

const followed = z.object({
  bars: z.number().int(),
  look_alikes: distribution,
  share_up_lower: z.number().describe('95 % interval of their share, by Wilson'),
  share_up_upper: z.number(),
  base_rate: distribution.describe('what followed any window of the same scope and time'),
  difference_shown: z.boolean().describe('the share of the base rate lies outside of the interval'),
});

export const lookalikeAnswer = z
  .object({
    symbol: z.string(),
    unified_symbol: z.string(),
    venue: z.string(),
    timeframe: z.string(),
    scope: z.enum(['symbol', 'all']),
    state: z.enum(['ready', 'building', 'no_window']),
    message: z.string().nullable().describe('why there are none'),
    session_id: z.string().nullable().describe('session that builds the index'),
    as_of: optionalTime.describe('close of the asked bar'),
    embedding: z.object({ name: z.string(), version: z.number().int(), bars: z.number().int() }),
    series: z.number().int().describe('series of the scope'),
    series_ready: z.number().int().describe('series whose windows are searched'),
    windows: z.number().int().describe('windows that ended, outcome included, before the bar'),
    left_out: z.number().int().describe('bars without a window: a candle of it is missing'),
    path: path.describe('the asked window'),
    look_alikes: z.array(lookalike),
    followed: z.array(followed),
    note: z.string(),
  })
  .meta({
    examples: [
      {
        symbol: 'BTCUSDT',
        unified_symbol: 'BTC/USDT',
        venue: 'binance',
        timeframe: '1h',
        scope: 'all' as const,
        state: 'ready' as const,
        message: null,
        session_id: null,
        as_of: '2026-11-21T14:00:00.000Z',
        embedding: { name: 'windows-dct', version: 1, bars: 64 },
        series: 24,
        series_ready: 24,
        windows: 205_119,
        left_out: 1536,
        path: [-0.012, -0.008, 0],
        look_alikes: [
          {
            symbol: 'ETHUSDT',
            unified_symbol: 'ETH/USDT',
            distance: 0.226,
            from: '2026-04-02T06:00:00.000Z',
            time: '2026-04-04T22:00:00.000Z',
            returns: [{ bars: 1, value: 0.0012 }],
            path: [-0.011, -0.009, 0, 0.0012],
          },
        ],
        followed: [
          {
            bars: 1,
            look_alikes: {
              windows: 20,
              median: 0.0004,
              lower_quartile: -0.0021,
              upper_quartile: 0.0019,
              share_up: 0.55,
            },
            share_up_lower: 0.342,
            share_up_upper: 0.742,
            difference_shown: false,
            base_rate: {
              windows: 4_000,
              median: 0,
              lower_quartile: -0.0025,
              upper_quartile: 0.0025,
              share_up: 0.498,
            },
          },
        ],
        note: 'Shown and scored, not traded: what followed in the past is no signal.',
      },
    ],
  });
export type LookalikeAnswer = z.input<typeof lookalikeAnswer>;
