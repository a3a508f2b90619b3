import { z } from 'zod';
import { DIRECTIONS, FALLBACK_REASONS } from '../../domain/signal.js';
import { keyFields, listQuery, probabilities, time } from './common.js';

/** Shapes of the calls about predictions. */

const EXAMPLE_KEY = {
  symbol: 'BTCUSDT',
  unified_symbol: 'BTC/USDT',
  venue: 'binance',
  timeframe: '1h',
  bot: 'catboost',
};

const EXAMPLE_PREDICTION = {
  ...EXAMPLE_KEY,
  prediction: 'BUY' as const,
  confidence: 43.12,
  probabilities: { sell: 0.2475, hold: 0.3213, buy: 0.4312 },
  expected_move: 0.00187,
  model_uid: '01JH2Q4T9V5K8W3M7N6P1R0S2X',
  candle_open_time: '2026-11-21T13:00:00.000Z',
  as_of: '2026-11-21T14:00:00.000Z',
  predicted_at: '2026-11-21T14:00:02.114Z',
  stale: false,
  cached: true,
};

const predictionFields = {
  ...keyFields,
  prediction: z.enum(DIRECTIONS).nullable().describe('null where no model may serve'),
  confidence: z.number().nullable().describe('100 times the probability of its class'),
  probabilities: probabilities.nullable().describe('null for a model that predicts returns only'),
  expected_move: z
    .number()
    .nullable()
    .describe(
      "expected log return over the model's horizon; of classes, their mean returns weighted",
    ),
  model_uid: z.string().nullable(),
  candle_open_time: time.nullable(),
  as_of: time.nullable().describe('close of the candle that it was made from, market time'),
  predicted_at: time.nullable().describe('market time'),
  stale: z.boolean().describe('a newer candle has closed that could not be predicted from'),
  cached: z.boolean(),
};

export const prediction = z
  .object({
    ...predictionFields,
    fallback: z.boolean().describe('no model serves: /api/analysis has the signal of the rules'),
    fallback_reason: z.enum(FALLBACK_REASONS).nullable(),
    message: z.string().nullable().describe('the reason in words'),
  })
  .meta({
    examples: [
      { ...EXAMPLE_PREDICTION, fallback: false, fallback_reason: null, message: null },
      {
        ...EXAMPLE_KEY,
        prediction: null,
        confidence: null,
        probabilities: null,
        expected_move: null,
        model_uid: null,
        candle_open_time: null,
        as_of: null,
        predicted_at: null,
        stale: false,
        cached: false,
        fallback: true,
        fallback_reason: 'untrained' as const,
        message: 'no model has been trained yet',
      },
    ],
  });
export type PredictionAnswer = z.input<typeof prediction>;

export const topQuery = listQuery.pick({ timeframe: true, bot: true, venue: true }).extend({
  limit: z.coerce.number().int().min(1).max(1000).default(20),
});

export const topPredictions = z
  .object({
    total: z.number().int().describe('keys whose model serves and can predict'),
    predictions: z.array(z.object(predictionFields)),
  })
  .meta({ examples: [{ total: 1, predictions: [EXAMPLE_PREDICTION] }] });
export type TopPrediction = z.input<typeof topPredictions>['predictions'][number];

export const clearedPredictions = z
  .object({ cleared: z.number().int() })
  .meta({ examples: [{ cleared: 214 }] });
