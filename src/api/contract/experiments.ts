import { z } from 'zod';
import { TIMEFRAMES } from '../../domain/timeframe.js';
import {
  MAX_EXPERIMENT_JOBS,
  MAX_SEEDS,
  MAX_VARIANTS,
  MIN_VARIANTS,
} from '../../training/experiments/experiments.js';
import { MEASURES } from '../../training/experiments/experiment-report.js';
import { botName, listQuery, time } from './common.js';

/** Shapes of experiments. */

const MAX_SYMBOLS = 500;
const MAX_SETTINGS = 50;

const VARIANTS = [
  { name: 'as it is', settings: {} },
  { name: 'without calendar', settings: { FEATURE_GROUPS: '-calendar' } },
];

const EXAMPLE = {
  id: '01JH2Q5F4R2T6V8X0A1C3E5G7J',
  name: 'is the calendar worth it',
  venue: 'binance',
  bot: 'catboost',
  symbols: ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'],
  timeframes: ['1h' as const],
  variants: VARIANTS,
  seeds: [42, 43, 44],
  status: 'completed' as const,
  jobs: { total: 18, open: 0, completed: 18, failed: 0, cancelled: 0 },
  session_id: '01JH2Q5F6C8Y4Z0B3D7E9G1H2J',
  cut_at: '2026-11-21T14:00:00.000Z',
  created_at: '2026-11-21T14:00:03.000Z',
};

export const experimentQuery = listQuery.pick({ venue: true, limit: true, offset: true }).extend({
  from: time.optional().describe('not made before this wall time'),
  to: time.optional().describe('not made after this wall time'),
});

export const experimentParams = z.object({ id: z.string().min(1).max(64) });

const value = z.union([z.string().max(400), z.number(), z.boolean()]);

const variantBody = z.strictObject({
  name: z.string().trim().min(1).max(60),
  settings: z
    .record(z.string().max(64), value)
    .refine((given) => Object.keys(given).length <= MAX_SETTINGS, 'too many settings')
    .default({})
    .describe(
      'settings of training by the names of their variables; others are as the daemon has them',
    ),
});

export const experimentBody = z
  .strictObject({
    name: z.string().trim().min(1).max(100),
    symbols: z.array(z.string().min(1).max(100)).min(1).max(MAX_SYMBOLS).optional(),
    timeframes: z.array(z.enum(TIMEFRAMES)).min(1).optional(),
    bot: botName.optional(),
    variants: z
      .array(variantBody)
      .min(MIN_VARIANTS)
      .max(MAX_VARIANTS)
      .describe(
        `the first is the control; variants × symbols × timeframes × seeds are at most ${MAX_EXPERIMENT_JOBS} jobs`,
      ),
    seeds: z
      .number()
      .int()
      .min(1)
      .max(MAX_SEEDS)
      .default(1)
      .describe('fits of each, with TRAIN_SEED and the numbers after it'),
  })
  .meta({
    examples: [
      {
        name: EXAMPLE.name,
        symbols: ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'],
        timeframes: EXAMPLE.timeframes,
        bot: EXAMPLE.bot,
        variants: VARIANTS,
        seeds: 3,
      },
    ],
  });

const summary = z.object({
  id: z.string(),
  name: z.string(),
  venue: z.string(),
  bot: z.string(),
  symbols: z.array(z.string()).describe('unified'),
  timeframes: z.array(z.string()),
  variants: z.array(z.object({ name: z.string(), settings: z.record(z.string(), z.string()) })),
  seeds: z.array(z.number().int()),
  status: z
    .enum(['pending', 'running', 'paused', 'completed', 'failed', 'cancelled'])
    .describe('failed: all have ended, and some failed'),
  jobs: z.object({
    total: z.number().int(),
    open: z.number().int(),
    completed: z.number().int(),
    failed: z.number().int(),
    cancelled: z.number().int(),
  }),
  session_id: z.string(),
  cut_at: time.describe('market time: no job sees a later candle'),
  created_at: time,
});

export const experiment = summary.meta({ examples: [EXAMPLE] });
export type ExperimentAnswer = z.input<typeof experiment>;

const share = z.number().nullable();

export const experimentReport = z.object({
  control: z.string(),
  means: z.array(
    z.object({
      variant: z.string(),
      jobs: z.number().int(),
      skill: share.describe('gain over the prior a row: in nat, of a regressor as a share'),
      direction_skill: share,
      direction_hit_rate: share,
    }),
  ),
  comparisons: z.array(
    z.object({
      variant: z.string(),
      measure: z.enum(MEASURES),
      estimate: share.describe('what the variant gains over the control, a row'),
      lower: share.describe('bounds of the 95 % interval'),
      upper: share,
      p_value: z.number(),
      p_adjusted: z.number().describe('by Holm, over all comparisons'),
      verdict: z.enum(['better', 'worse', 'no difference shown']),
      text: z.string(),
      pairs: z.number().int().describe('jobs of both: series × seeds'),
      instruments: z.number().int(),
      days: z.number().int(),
      by_series: z.array(z.object({ series: z.string(), estimate: share })),
    }),
  ),
  left_out: z.number().int().describe('jobs that were judged on other rows than the control'),
});
export type ExperimentReportAnswer = z.input<typeof experimentReport>;

export const experimentDetail = summary
  .extend({ report: experimentReport.describe('of the jobs that have ended so far') })
  .meta({
    examples: [
      {
        ...EXAMPLE,
        report: {
          control: 'as it is',
          means: VARIANTS.map(({ name }) => ({
            variant: name,
            jobs: 9,
            skill: 0.0021,
            direction_skill: 0.0004,
            direction_hit_rate: 0.507,
          })),
          comparisons: MEASURES.map((measure) => ({
            variant: 'without calendar',
            measure,
            estimate: 0.0002,
            lower: -0.0011,
            upper: 0.0014,
            p_value: 0.71,
            p_adjusted: 1,
            verdict: 'no difference shown' as const,
            text: 'without calendar: no difference shown in skill (+0.0002 [-0.0011, +0.0014], p 1.00)',
            pairs: 9,
            instruments: 3,
            days: 27,
            by_series: [{ series: 'BTC/USDT 1h', estimate: 0.0003 }],
          })),
          left_out: 0,
        },
      },
    ],
  });
export type ExperimentDetailAnswer = z.input<typeof experimentDetail>;
