import { z } from 'zod';
import { DECISION_ACTIONS } from '../../domain/decision.js';
import { DIRECTIONS, FALLBACK_REASONS } from '../../domain/signal.js';
import { listQuery, time, keyFields, probabilities } from './common.js';

/** Shapes of signals, decisions and candles. */

const outcome = z.object({
  return: z.number(),
  class: z.enum(DIRECTIONS),
  resolved_at: time,
});

/** How signals are narrowed and paged; times are open times of candles. */
export const signalQuery = listQuery.extend({
  source: z.enum(['model', 'fallback']).optional(),
  prediction: z.enum(DIRECTIONS).optional(),
});

/** How decisions are narrowed and paged; times are open times of candles. */
export const decisionQuery = listQuery.extend({ action: z.enum(DECISION_ACTIONS).optional() });

/** Decisions of candles that opened at `from` or later, grouped by what kept or moved them. */
export const reasonQuery = listQuery
  .pick({ venue: true, from: true })
  .extend({ from: time.optional().describe('default: the last 24 hours of market time') });

export const decisionReasons = z.object({
  from: time,
  total: z.number().describe('decisions since'),
  groups: z.array(
    z.object({
      action: z.enum(DECISION_ACTIONS),
      text: z.string().describe('the reason without its figures'),
      decisions: z.number(),
      example: z.string().describe('the most frequent reason as it was given'),
      last_at: time.describe('market time'),
    }),
  ),
});

export const signal = z.object({
  uid: z.string(),
  ...keyFields,
  candle_open_time: time,
  close: z.number(),
  prediction: z.enum(DIRECTIONS),
  confidence: z.number(),
  fallback: z.boolean(),
  fallback_reason: z.enum(FALLBACK_REASONS).nullable(),
  fallback_indicators: z
    .object({ sma_14: z.number(), sma_50: z.number(), rsi: z.number() })
    .optional(),
  insufficient_history: z.boolean(),
  probabilities: probabilities.optional(),
  expected_move: z.number().nullable().describe('expected log return over the horizon'),
  expected_price: z.number().nullable().describe('the close moved by it'),
  model_uid: z.string().nullable(),
  supersedes_uid: z.string().nullable(),
  signaled_at: time,
  created_at: time,
  outcome: outcome.nullable(),
});
export type SignalAnswer = z.input<typeof signal>;

export const decision = z.object({
  uid: z.string(),
  ...keyFields,
  signal_uid: z.string(),
  candle_open_time: time,
  action: z.enum(DECISION_ACTIONS),
  reason: z.string(),
  is_advisory: z.boolean(),
  position_uid: z.string().nullable(),
  decided_at: time,
  prediction: z.enum(DIRECTIONS).nullable(),
  confidence: z.number().nullable(),
  source: z.enum(['model', 'fallback']).nullable(),
});
export type DecisionAnswer = z.input<typeof decision>;

export const analysis = signal.extend({
  decision: decision
    .pick({ action: true, reason: true, is_advisory: true, decided_at: true })
    .nullable(),
});

export const candle = z.object({
  open_time: time,
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
});
