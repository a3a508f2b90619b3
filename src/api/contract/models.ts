import { z } from 'zod';
import { SHOWN_STATUSES } from '../../domain/shown-status.js';
import { TIMEFRAMES } from '../../domain/timeframe.js';
import {
  botName,
  interval,
  keyFields,
  listQuery,
  MODEL_SYMBOL,
  optionalTime,
  seriesFields,
  time,
} from './common.js';
import { metrics, verdict } from './model-status.js';
import {
  clearedModelsExample,
  comparisonExample,
  insightExample,
  pinBodyExample,
  pinExample,
  reportExample,
  rollbackBodyExample,
  rollbackExample,
  trainingRecordExample,
} from './examples.js';

/** Shapes of the calls about models: what was trained, what serves, and what a person does about it. */

const modelUid = z.string().min(1).max(64);

/** How training history is narrowed and paged. */
export const historyQuery = listQuery.extend({
  stage: z.enum(['candidate', 'rejected', 'serving', 'superseded']).optional(),
  status: z.enum(['active', 'archived', 'failed']).optional(),
});

/** `/{symbol}/{timeframe}` of a path, and the bot where there is one. */
export const clearAllParams = z.object({
  symbol: z.string().min(1).max(200),
  timeframe: z.enum(TIMEFRAMES),
});
export const clearParams = clearAllParams.extend({ bot_name: botName });
export const venueQuery = listQuery.pick({ venue: true });
/** As many as a page of cards ever has to show come at once. */
export const reportQuery = listQuery
  .pick({ venue: true, limit: true, offset: true })
  .extend({ limit: listQuery.shape.limit.unwrap().default(1000) });
export const confirmQuery = venueQuery.extend({
  confirm: z.literal('true').describe('must be true: every model of the venue is deleted'),
});

const keyBody = z.strictObject({
  symbol: z.string().min(1).max(200).optional(),
  timeframe: z.enum(TIMEFRAMES).optional(),
  bot: botName.optional(),
  venue: z.string().min(1).max(200).optional(),
});
export const rollbackBody = keyBody
  .extend({
    model_uid: modelUid.optional().describe('default: the newest version that served before'),
  })
  .meta({ examples: [rollbackBodyExample] });
export const pinBody = keyBody
  .extend({
    model_uid: modelUid.optional().describe('must be the model that serves'),
    pinned: z.boolean().default(true).describe('false takes the pin off'),
  })
  .meta({ examples: [pinBodyExample] });

/** The registry calls a bot by the name of its column. */
const modelKeyFields = { ...seriesFields, bot_name: keyFields.bot };

export const trainingRecord = z
  .object({
    uid: z.string(),
    ...modelKeyFields,
    stage: z.string(),
    status: z.string().describe('active, archived or failed'),
    shown_status: z.enum(SHOWN_STATUSES),
    color: z.string(),
    trained_at: time,
    created_at: time,
    training_duration_seconds: z.number(),
    data_points_used: z.number(),
    training_period: z.string(),
    data_end: optionalTime,
    task: z.enum(['classifier', 'regressor']).describe('what the bot answers'),
    epochs: z.number().nullable().describe('of a deep bot: passes over the training part'),
    training_loss: z.number().nullable(),
    validation_loss: z.number().nullable(),
    test_rmse: z.number().nullable().describe('of a model that expects a return, in log return'),
    test_mae: z.number().nullable(),
    metrics: metrics.nullable().describe('on candles that the judged model never saw'),
    directional_auc_interval: interval
      .nullable()
      .describe('of a classifier; null of one that was trained before this was kept'),
    verdict: verdict.nullable(),
    model_path: z.string().nullable().describe('below MODELS_DIR; null once the files are deleted'),
    model_size_mb: z.number().nullable(),
    feature_count: z.number(),
    feature_hash: z.string().nullable(),
    horizon_bars: z.number(),
    thresholds: z.object({ sell: z.number(), buy: z.number() }).nullable(),
    job_uid: z.string(),
    parent_uid: z.string().nullable(),
    error_message: z.string().nullable(),
    config: z.record(z.string(), z.unknown()),
  })
  .meta({ examples: [trainingRecordExample] });
export type TrainingRecordAnswer = z.input<typeof trainingRecord>;

export const reportedModel = trainingRecord.omit({ config: true }).extend({
  age_hours: z.number().describe('of market time since the training'),
  is_pinned: z.boolean(),
  last_error: z.string().nullable().describe('of the newest attempt, where it failed'),
});
export type ReportedModelAnswer = z.input<typeof reportedModel>;

export const report = z
  .object({
    summary: z.object({
      total_models: z.number().describe('that serve'),
      fresh_models: z.number(),
      stale_models: z.number(),
      total_size_mb: z.number(),
      unique_symbols: z.number(),
      unique_timeframes: z.number(),
      bot_types: z.array(z.string()),
    }),
    total: z.number().describe('keys, also those beyond the page; the summary is of all'),
    models: z
      .array(reportedModel)
      .describe('one a key: the one that serves, else the newest attempt'),
  })
  .meta({ examples: [reportExample] });

const difference = z.object({
  skill: z.number().nullable(),
  direction_skill: z.number().nullable(),
  directional_auc: z.number().nullable(),
  accuracy: z.number().nullable(),
  calibration_error: z.number().nullable(),
});

export const compared = trainingRecord.omit({ config: true }).extend({
  is_pinned: z.boolean(),
  against_serving: difference
    .nullable()
    .describe(
      'its metrics less those of the model that serves; each was judged on its own candles',
    ),
});
export type ComparedAnswer = z.input<typeof compared>;

export const compareQuery = listQuery
  .pick({ symbol: true, timeframe: true, bot: true, venue: true })
  .extend({ limit: z.coerce.number().int().min(1).max(100).default(10) });

export const comparison = z
  .object({
    ...modelKeyFields,
    model_symbol: z.string().describe(MODEL_SYMBOL),
    serving_uid: z.string().nullable(),
    versions: z.array(compared),
  })
  .meta({ examples: [comparisonExample] });

export const insightParams = z.object({ uid: modelUid });

export const importances = z.array(z.object({ feature: z.string(), importance: z.number() }));

export const calibration = z.array(
  z.object({
    from: z.number().describe('of the probability of the likeliest class, excluded'),
    to: z.number(),
    rows: z.number(),
    confidence: z.number().describe('mean probability that the model gave to what it said'),
    accuracy: z.number().describe('share of the rows on which it was right'),
  }),
);

export const insight = z
  .object({
    uid: z.string(),
    ...modelKeyFields,
    stage: z.string(),
    trained_at: time,
    importance: importances.describe(
      'the features that count most, in percent of what all of them count',
    ),
    calibration: calibration
      .nullable()
      .describe(
        'on candles that the judged model never saw; null of a model of returns and of one trained before this was kept',
      ),
  })
  .meta({ examples: [insightExample] });
export type InsightAnswer = z.input<typeof insight>;

export const clearedModels = z
  .object({
    cleared: z.number(),
    models: z.array(z.object({ uid: z.string(), ...modelKeyFields })),
  })
  .meta({ examples: [clearedModelsExample] });

export const rollbackAnswer = z
  .object({
    ...modelKeyFields,
    serving_uid: z.string(),
    replaced_uid: z.string().nullable(),
    trained_at: time,
  })
  .meta({ examples: [rollbackExample] });

export const pinAnswer = z
  .object({ ...modelKeyFields, pinned_uid: z.string().nullable() })
  .meta({ examples: [pinExample] });
