import { z } from 'zod';
import { TIMEFRAMES } from '../../domain/timeframe.js';
import { botName, keyFields, listQuery, optionalTime, seriesFields, time } from './common.js';
import { verdict } from './model-status.js';

/** Shapes of shadow models: variants of experiments that answer live beside the serving models. */

const STATUSES = ['training', 'answering', 'failed', 'promoted', 'removed'] as const;

export const shadowQuery = listQuery
  .omit({ from: true, to: true })
  .extend({ status: z.enum(STATUSES).optional() });

export const shadowParams = z.object({ id: z.string().min(1).max(64) });

export const shadowBody = z
  .strictObject({
    symbol: z.string().min(1).max(200).optional(),
    timeframe: z.enum(TIMEFRAMES).optional(),
    bot: botName.optional(),
    experiment: z.string().min(1).max(64).describe('id of the experiment'),
    variant: z.string().trim().min(1).max(60),
  })
  .meta({
    examples: [
      {
        symbol: 'BTCUSDT',
        timeframe: '1h',
        bot: 'catboost',
        experiment: '01JH2Q5F4R2T6V8X0A1C3E5G7J',
        variant: 'without calendar',
      },
    ],
  });

const EXAMPLE = {
  id: '01JH2Q9V4R2T6V8X0A1C3E5G7J',
  symbol: 'BTCUSDT',
  unified_symbol: 'BTC/USDT',
  venue: 'binance',
  timeframe: '1h',
  bot_name: 'catboost',
  experiment_id: '01JH2Q5F4R2T6V8X0A1C3E5G7J',
  variant: 'without calendar',
  status: 'answering' as const,
  reason: null,
  model_uid: '01JH2Q4T9V5K8W3M7N6P1R0S2X',
  trained_at: '2026-11-21T15:00:00.000Z',
  verdict: { gate: 'baseline', is_promoted: true, reason: 'not worse than the prior' },
  live: {
    candles: 240,
    compared: 236,
    shadow: { skill: 0.0031, direction_skill: 0.0004 },
    serving: { skill: 0.0029, direction_skill: 0.0007 },
    difference: { estimate: 0.0002, lower: -0.0024, upper: 0.0027, p_value: 0.87, days: 10 },
    text: 'no difference shown in skill (+0.0002 [-0.0024, +0.0027], p 0.870)',
  },
  created_at: '2026-11-21T14:58:00.000Z',
  ended_at: null,
};

const figure = z.number().nullable();
const scores = z.object({ skill: figure, direction_skill: figure });

const live = z.object({
  candles: z.number().int().describe('of which it said something and whose outcome is known'),
  compared: z.number().int().describe('of these, on which a serving model spoke too'),
  shadow: scores.describe('in nat a candle, over its own class frequencies'),
  serving: scores,
  difference: z
    .object({
      estimate: figure,
      lower: figure,
      upper: figure,
      p_value: z.number(),
      days: z.number().int(),
    })
    .describe('of the skill, shadow less serving, with bounds of 95 %'),
  text: z.string(),
});

export const shadowModel = z
  .object({
    id: z.string(),
    ...seriesFields,
    bot_name: keyFields.bot,
    experiment_id: z.string(),
    variant: z.string(),
    status: z.enum(STATUSES),
    reason: z
      .string()
      .nullable()
      .describe('why it failed, or why it said nothing of the newest candle'),
    model_uid: z.string().nullable(),
    trained_at: optionalTime,
    verdict: verdict.nullable().describe('of the gate; it decides whether it may be promoted'),
    live: live.nullable().describe('null until it has a model'),
    created_at: time,
    ended_at: optionalTime,
  })
  .meta({ examples: [EXAMPLE] });
export type ShadowModelAnswer = z.input<typeof shadowModel>;

export const shadowPromoted = z
  .object({ id: z.string(), serving_uid: z.string(), trained_at: time })
  .meta({
    examples: [{ id: EXAMPLE.id, serving_uid: EXAMPLE.model_uid, trained_at: EXAMPLE.trained_at }],
  });
