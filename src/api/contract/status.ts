import { z } from 'zod';
import { halt } from './trading.js';
import { time, optionalTime } from './common.js';

/** Shapes of health and status of the daemon. */

export const health = z.object({
  status: z.enum(['ok', 'degraded', 'failing']),
  checks: z.array(
    z.object({
      name: z.string(),
      status: z.enum(['ok', 'degraded', 'failing']),
      message: z.string(),
    }),
  ),
  findings: z
    .array(
      z.object({
        id: z.string().describe('name of the rule, the same in metrics'),
        check: z.string(),
        level: z.enum(['degraded', 'failing']),
        message: z.string().describe('what is wrong'),
        fix: z.string().describe('what to do about it'),
        since: time.describe('wall time'),
      }),
    )
    .describe('every way in which the daemon does less than it was asked for, worst first'),
});

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
    up_to_date: z
      .boolean()
      .describe('no candle is missing but those of series that the venue refuses'),
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
    halt: halt.nullable().describe('why no position is opened, and who said so'),
    unknown_orders: z
      .number()
      .int()
      .describe('orders of which the exchange has not said yet what became of them'),
    allow_fallback_execution: z.boolean(),
  }),
  trainer: z.object({ ready: z.boolean(), message: z.string() }),
  left_out: z
    .array(z.string())
    .describe('what the settings name and is not worked on, each with the reason'),
  warnings: z.array(z.string()),
});
export type StatusAnswer = z.input<typeof status>;
