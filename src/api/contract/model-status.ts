import { z } from 'zod';
import { time, optionalTime, keyFields, MODEL_SYMBOL, interval } from './common.js';

/** Shape of the status of one key: its serving model, its newest attempt and its signals. */

export const metrics = z.object({
  rows: z.number(),
  log_loss: z.number().nullable(),
  prior_log_loss: z.number().nullable(),
  skill: interval.nullable(),
  direction_rows: z.number(),
  direction_skill: interval.nullable(),
  directional_auc: z.number().nullable(),
  accuracy: z.number().nullable(),
  macro_f1: z.number().nullable(),
  calibration_error: z.number().nullable(),
  regression: z
    .object({
      rmse: z.number().nullable(),
      mae: z.number().nullable(),
      r2: z.number().nullable(),
      persistence_rmse: z.number().nullable(),
      persistence_mae: z.number().nullable(),
    })
    .nullable()
    .describe('of a model of returns, in log return; null for a classifier'),
});
export type MetricsAnswer = z.input<typeof metrics>;

export const verdict = z.object({
  gate: z.string(),
  is_promoted: z.boolean(),
  reason: z.string(),
});
export type VerdictAnswer = z.input<typeof verdict>;

const classes = z.object({ SELL: z.number(), HOLD: z.number(), BUY: z.number() });

const lastAttempt = z.object({
  model_uid: z.string().describe('of its record in the training history'),
  attempted_at: time,
  outcome: z
    .enum(['promoted', 'rejected', 'failed', 'unfinished'])
    .describe('unfinished: neither judged nor failed yet'),
  reason: z.string().nullable().describe("the gate's verdict, or the error"),
  samples: z.number(),
  class_distribution: classes.nullable(),
  test_score: metrics.nullable(),
});

export const modelStatus = z.object({
  ...keyFields,
  model_symbol: z.string().describe(MODEL_SYMBOL),
  is_trained: z.boolean().describe('a promoted model serves'),
  training_progress: z.number().min(0).max(100),
  training_state: z.string().describe('what training is doing for this key, in words'),
  fallback_active: z.boolean(),
  fallback_reason: z.string().nullable(),
  model_uid: z.string().nullable(),
  is_stale: z.boolean(),
  last_training_time: optionalTime.describe('when the serving model was trained'),
  samples_in_last_train: z.number().nullable().describe('of the serving model'),
  class_distribution: classes.nullable().describe('of the serving model'),
  class_weights: classes.nullable().describe('of the serving model'),
  training_cooldown_active: z.boolean(),
  next_retry_at: optionalTime,
  last_training_error: z
    .string()
    .nullable()
    .describe('why the newest attempt failed, or why none can begin; a rejection is no error'),
  last_attempt: lastAttempt.nullable().describe('the newest attempt, whatever came of it'),
  prediction_warning_count: z.number(),
  sanitization: z
    .object({
      initial_features: z.number(),
      final_features: z.number(),
      dropped: z.array(z.object({ name: z.string(), reason: z.string() })),
    })
    .nullable()
    .describe('of the serving model'),
  test_score: metrics.nullable().describe('of the serving model'),
  verdict: verdict.nullable().describe('of the serving model'),
  drift: z
    .object({
      checked_at: z.iso.datetime(),
      is_drifted: z.boolean(),
      reason: z.string(),
      median_psi: z
        .number()
        .nullable()
        .describe('population stability index of the median feature; null of a global bot'),
      worst_features: z.array(z.object({ feature: z.string(), psi: z.number().nullable() })),
      live_signals: z.number(),
      live_skill: z.number().nullable(),
      test_skill_lower: z.number().nullable(),
      retrained_at: z.iso.datetime().nullable().describe('when training was last queued for it'),
    })
    .nullable()
    .describe('the newest candles against those that the serving model was fitted on'),
  live_score: z
    .object({ signals: z.number(), hits: z.number(), text: z.string() })
    .nullable()
    .describe('how the signals since turned out'),
});
export type ModelStatusAnswer = z.input<typeof modelStatus>;
