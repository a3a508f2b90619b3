import { z } from 'zod';
import { BACKTEST_STATES, RETRAIN_INTERVALS, SIGNAL_KINDS } from '../../domain/backtest-run.js';
import { TIMEFRAMES } from '../../domain/timeframe.js';
import { botName, listQuery, optionalTime, time } from './common.js';

/** Shapes of backtests. Returns are fractions: 0.05 is 5 %. */

const MAX_SYMBOLS = 10_000;
const MAX_SETTINGS = 100;

const EXAMPLE = {
  id: '01JH2Q5F4R2T6V8X0A1C3E5G7J',
  state: 'done',
  origin: 'job',
  signals: 'fallback',
  venue: 'binance',
  timeframe: '1h',
  bot: 'catboost',
  symbols: ['BTC/USDT', 'ETH/USDT'],
  from: '2026-01-01T00:00:00.000Z',
  to: '2026-07-01T00:00:00.000Z',
  bars: 8_688,
  data_hash: '5f0c1ad9e0b7',
  settings: { STOP_LOSS_PCT: 3, FEE_RATE: 0.001 },
  progress: 100,
  eta_sec: null,
  trades: 214,
  total_return: -0.021,
  annual_return: -0.042,
  sharpe: -0.31,
  sharpe_interval: { lower: -1.62, upper: 0.94 },
  max_drawdown: 0.083,
  error: null,
  folder: 'data/backtests/01JH2Q5F4R2T6V8X0A1C3E5G7J',
  started_at: '2026-11-21T14:00:03.000Z',
  ended_at: '2026-11-21T14:00:05.000Z',
} as const;

export const backtestQuery = listQuery
  .pick({ venue: true, timeframe: true, bot: true, limit: true, offset: true })
  .extend({
    state: z.enum(BACKTEST_STATES).optional(),
    from: time.optional().describe('not begun before this wall time'),
    to: time.optional().describe('not begun after this wall time'),
  });

export const backtestParams = z.object({ id: z.string().min(1).max(64) });

export const backtestBody = z
  .strictObject({
    signals: z.enum(SIGNAL_KINDS),
    retrain: z.enum(RETRAIN_INTERVALS).optional().describe('of models; 7d by default'),
    from: time.optional(),
    to: time.optional(),
    symbols: z.array(z.string().min(1).max(100)).min(1).max(MAX_SYMBOLS).optional(),
    timeframe: z.enum(TIMEFRAMES).optional(),
    bot: botName.optional(),
    settings: z
      .record(z.string().max(64), z.union([z.string().max(200), z.number(), z.boolean()]))
      .refine((given) => Object.keys(given).length <= MAX_SETTINGS, 'too many settings')
      .default({})
      .describe('settings of this run alone, by the names of their variables'),
  })
  .meta({
    examples: [{ signals: 'fallback', from: EXAMPLE.from, settings: { STOP_LOSS_PCT: 5 } }],
  });

const optionalNumber = z.number().nullable();

const summary = z.object({
  id: z.string(),
  state: z.enum(BACKTEST_STATES),
  origin: z.enum(['command', 'job']),
  signals: z.enum(SIGNAL_KINDS),
  venue: z.string().nullable(),
  timeframe: z.string(),
  bot: z.string(),
  symbols: z.array(z.string()).nullable().describe('null until the candles are read'),
  from: optionalTime,
  to: optionalTime,
  bars: optionalNumber,
  data_hash: z.string().nullable(),
  settings: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])).nullable(),
  progress: z.number().describe('percent'),
  eta_sec: optionalNumber.describe(
    'seconds that it still takes, as of the last progress; null while that is not known',
  ),
  trades: optionalNumber,
  total_return: optionalNumber,
  annual_return: optionalNumber,
  sharpe: optionalNumber,
  sharpe_interval: z
    .object({ lower: z.number(), upper: z.number() })
    .nullable()
    .describe('95 %, by a bootstrap'),
  max_drawdown: optionalNumber,
  error: z.string().nullable(),
  folder: z.string().nullable(),
  started_at: time,
  ended_at: optionalTime,
});

export const backtest = summary.meta({ examples: [EXAMPLE] });
export type BacktestSummary = z.input<typeof backtest>;

export const backtestDetail = summary
  .extend({
    versions: z.record(z.string(), z.string()),
    seeds: z.record(z.string(), z.string()).nullable(),
    figures: z.record(z.string(), z.unknown()).nullable().describe('as in result.json'),
  })
  .meta({
    examples: [
      {
        ...EXAMPLE,
        versions: { evenkeel: '0.1.0', node: 'v20.19.0' },
        seeds: { figures: EXAMPLE.data_hash },
        figures: { trades: 214, total_return: -0.021, win_rate: 0.41 },
      },
    ],
  });
export type BacktestDetail = z.input<typeof backtestDetail>;

/** One file that runs the script it holds. */
export const backtestReport = z.string().meta({
  examples: ['<!doctype html><html lang="en"><title>Backtest</title></html>'],
});

export const backtestDeleted = z
  .object({ id: z.string(), message: z.string() })
  .meta({ examples: [{ id: EXAMPLE.id, message: 'The backtest and its folder are deleted' }] });
