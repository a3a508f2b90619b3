import { z } from 'zod';
import { TIMEFRAMES } from '../domain/timeframe.js';
import { DECISION_ACTIONS } from '../domain/decision.js';
import { DIRECTIONS, FALLBACK_REASONS } from '../domain/signal.js';

/** Shapes that calls take and answers have. Times are ISO 8601 UTC, money is exact decimal text. */

const MAX_LIMIT = 1000;

const time = z.iso.datetime();
const optionalTime = time.nullable();

/** How every list is narrowed and paged. */
export const listQuery = z.strictObject({
  symbol: z.string().min(1).max(100).optional(),
  timeframe: z.enum(TIMEFRAMES).optional(),
  bot: z.string().min(1).max(64).optional(),
  venue: z.string().min(1).max(200).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(100),
  offset: z.coerce.number().int().min(0).max(1_000_000_000).default(0),
});
export type ListQuery = z.output<typeof listQuery>;

/** Which model a call is about; what is left out defaults to what trades. */
export const keyQuery = listQuery.pick({ symbol: true, timeframe: true, bot: true, venue: true });
export const symbolParams = z.object({ symbol: z.string().min(1).max(200) });

const keyFields = {
  symbol: z.string().describe("the venue's own id, BTCUSDT"),
  unified_symbol: z.string(),
  venue: z.string(),
  timeframe: z.string(),
  bot: z.string(),
};

/** Beside the symbol that was asked for. */
export const MODEL_SYMBOL =
  'whose model answers: the same symbol, or * where one model serves every instrument';

const probabilities = z.object({ sell: z.number(), hold: z.number(), buy: z.number() });

const outcome = z.object({
  return: z.number(),
  class: z.enum(DIRECTIONS),
  resolved_at: time,
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

const bookFields = {
  uid: z.string(),
  symbol: z.string(),
  unified_symbol: z.string(),
  venue: z.string(),
  account: z.string(),
};

export const position = z.object({
  ...bookFields,
  timeframe: z.string(),
  bot: z.string(),
  status: z.string(),
  size_base: z.string(),
  entry_price: z.string().nullable(),
  exit_price: z.string().nullable(),
  stop_price: z.string().nullable(),
  target_price: z.string().nullable(),
  hold_until: optionalTime,
  exit_reason: z.string().nullable(),
  realized_pnl: z.string().nullable(),
  opened_at: time,
  closed_at: optionalTime,
});
export type PositionAnswer = z.input<typeof position>;

export const order = z.object({
  ...bookFields,
  client_order_id: z.string(),
  position_uid: z.string(),
  side: z.enum(['buy', 'sell']),
  size_base: z.string(),
  status: z.string(),
  reason: z.string(),
  intended_at: time,
  settled_at: optionalTime,
});
export type OrderAnswer = z.input<typeof order>;

export const trade = z.object({
  ...bookFields,
  order_uid: z.string(),
  side: z.enum(['buy', 'sell']),
  price: z.string(),
  size_base: z.string(),
  fee_quote: z.string(),
  filled_at: time,
});
export type TradeAnswer = z.input<typeof trade>;

export const equityPoint = z.object({
  venue: z.string(),
  account: z.string(),
  at: time,
  cash: z.string(),
  positions_value: z.string(),
  equity: z.string(),
});
export type EquityAnswer = z.input<typeof equityPoint>;

export const candle = z.object({
  open_time: time,
  open: z.number(),
  high: z.number(),
  low: z.number(),
  close: z.number(),
  volume: z.number(),
});

export const health = z.object({
  status: z.enum(['ok', 'degraded', 'failing']),
  checks: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['ok', 'degraded', 'failing']),
      message: z.string(),
    }),
  ),
});

const interval = z.object({ estimate: z.number(), lower: z.number(), upper: z.number() });

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
      worst_features: z.array(z.object({ feature: z.string(), psi: z.number() })),
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

export const status = z.object({
  version: z.string(),
  versions: z.record(z.string(), z.string()),
  run_uid: z.string(),
  state: z
    .string()
    .describe('starting, waiting for the exchange, back-filling, running, standby, stopping'),
  started_at: time,
  uptime_sec: z.number(),
  market_time: time,
  wall_time: time,
  display_timezone: z.string().nullable(),
  loop: z.object({
    interval_sec: z.number(),
    last_cycle_at: optionalTime,
    cycles: z.number(),
    event_loop_delay_ms: z.object({ p50: z.number(), p99: z.number(), max: z.number() }),
  }),
  database: z.object({
    engine: z.enum(['sqlite', 'mysql']),
    fallback: z.boolean(),
    reason: z.string().nullable(),
  }),
  exchange: z.object({
    id: z.string(),
    venue: z.string().nullable(),
    demo: z.boolean(),
    skew_ms: z.number().nullable(),
    ready: z.boolean(),
  }),
  symbols: z.array(z.object({ symbol: z.string(), unified_symbol: z.string() })),
  timeframes: z.array(z.string()),
  bots: z.array(z.string()),
  collection: z.object({
    state: z.string().describe('idle, connecting, backfilling, following, paused or stopped'),
    paused: z.boolean(),
    series: z.number(),
    series_ready: z.number(),
    bars_done: z.number(),
    bars_wanted: z.number(),
    backfill_percent: z.number(),
    stale: z.array(z.string()),
    quarantined: z.number(),
  }),
  model: z.object({
    trained: z.number(),
    expected: z.number(),
    fallback_active: z.boolean(),
  }),
  queue: z.object({ pending: z.number(), running: z.number(), current: z.string().nullable() }),
  cache: z
    .object({
      enabled: z.boolean(),
      entries: z.number().int(),
      max_entries: z.number().int(),
      ttl_hours: z.number(),
      life_hours: z.number().describe('what a prediction lives now: 24 during a full retraining'),
      hits: z.number().int(),
      misses: z.number().int(),
      disk_bytes: z.number().int(),
    })
    .describe('kept predictions'),
  process: z.object({
    pid: z.number().int(),
    memory_mb: z.number().describe('resident, without the trainer and the demo exchange'),
    cpu_sec: z.number().describe('processor time since the start'),
    event_clients: z.number().int().describe('who listens to /api/events'),
  }),
  trading: z.object({
    mode: z.enum(['paper', 'live']),
    state: z.string(),
    standby: z.string().nullable(),
    account: z.string(),
    currency: z.string(),
    timeframe: z.string(),
    bot: z.string(),
    open_positions: z.number(),
    equity: z.string().nullable(),
    allow_fallback_execution: z.boolean(),
  }),
  trainer: z.object({ ready: z.boolean(), message: z.string() }),
  warnings: z.array(z.string()),
});
export type StatusAnswer = z.input<typeof status>;

/** An answer of a list call: the page, and how many there are in all. */
export function listAnswer<T extends z.ZodType, const Name extends string>(
  name: Name,
  item: T,
): z.ZodObject<{ total: z.ZodNumber } & Record<Name, z.ZodArray<T>>> {
  const rows = { [name]: z.array(item) } as Record<Name, z.ZodArray<T>>;
  return z.object({ total: z.number(), ...rows });
}

export const errorAnswer = z.object({
  error: z.object({ code: z.string(), field: z.string().nullable(), message: z.string() }),
});
