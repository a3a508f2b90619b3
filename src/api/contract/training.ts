import { z } from 'zod';
import { TIMEFRAMES } from '../../domain/timeframe.js';
import { PRIORITIES, SESSION_KINDS } from '../../domain/training-job.js';
import { botName, listQuery, time } from './common.js';
import {
  evidenceExample,
  jobExample,
  requestedExample,
  sessionBodyExample,
  sessionExample,
  sessionMovedExample,
  startAutoExample,
  startedAutoExample,
  trainBodyExample,
  trainingStatusExample,
} from './examples.js';

/** Shapes of the training calls. Sessions are in camelCase: other programs know them so. */

const MAX_NAMES = 2000;

const symbols = z.array(z.string().min(1).max(200)).min(1).max(MAX_NAMES);
const timeframes = z.array(z.enum(TIMEFRAMES)).min(1).max(TIMEFRAMES.length);
const bots = z.array(botName).min(1).max(20);
const priority = z.enum(PRIORITIES);

/** What is left out is what the daemon trains by itself. */
export const trainBody = z
  .strictObject({
    symbol: z.string().min(1).max(200).optional(),
    timeframe: z.enum(TIMEFRAMES).optional(),
    bot: botName.optional(),
    venue: z.string().min(1).max(200).optional().describe('such as csv:cards, for a global bot'),
    wait: z.boolean().default(false).describe('answer when the job has ended, two minutes at most'),
  })
  .meta({ examples: [trainBodyExample] });

export const startAutoBody = z
  .strictObject({
    symbols: symbols.optional(),
    timeframes: timeframes.optional(),
    bots: bots.optional(),
    priority: priority.optional(),
  })
  .meta({ examples: [startAutoExample] });

export const sessionBody = z
  .strictObject({
    name: z.string().min(1).max(200).optional(),
    symbols: symbols.optional(),
    timeframes: timeframes.optional(),
    bots: bots.optional(),
    discover: z.literal('collected').optional().describe('every stored series instead of symbols'),
    count_only: z.boolean().default(false).describe('only say how many jobs it would be'),
    priority: priority.optional(),
    config: z
      .strictObject({
        batchSize: z.number().int().min(1).max(10_000).optional(),
        mode: z
          .enum(['full', 'incremental', 'embedding'])
          .optional()
          .describe(
            'a new fit of each model, a few more trees or epochs on the newest candles, or the windows of look-alikes',
          ),
      })
      .optional(),
  })
  .meta({ examples: [sessionBodyExample] });

export const requested = z
  .object({
    session_id: z.string(),
    job_id: z.string(),
    status: z.string(),
  })
  .meta({ examples: [requestedExample] });

export const startedAuto = z
  .object({
    session_id: z.string(),
    queued: z.number().int(),
    joined: z.number().int().describe('jobs that were open already'),
  })
  .meta({ examples: [startedAutoExample] });

const current = z.object({
  job_id: z.string(),
  session_id: z.string(),
  symbol: z.string(),
  unified_symbol: z.string(),
  venue: z.string(),
  timeframe: z.string(),
  bot: z.string(),
  stage: z.string().nullable(),
  progress: z.number(),
  started_at: time.nullable(),
});

export const trainingStatus = z
  .object({
    state: z.enum(['idle', 'running', 'paused', 'stopping', 'stopped']),
    is_running: z.boolean(),
    is_paused: z.boolean(),
    paused_by: z.array(z.string()),
    current_training: current.nullable(),
    queue_length: z.number().int(),
    queues: z.record(z.string(), z.number().int()),
    completed_count: z.number().int(),
    failed_count: z.number().int(),
    cancelled_count: z.number().int(),
  })
  .meta({ examples: [trainingStatusExample] });
export type TrainingStatusAnswer = z.input<typeof trainingStatus>;

export const session = z
  .object({
    sessionId: z.string(),
    kind: z.enum(SESSION_KINDS),
    name: z.string(),
    status: z.enum(['pending', 'running', 'paused', 'completed', 'failed', 'cancelled']),
    priority,
    batchSize: z.number().int(),
    createdAt: time,
    progress: z.object({
      percentage: z.number(),
      current: z.number().int(),
      total: z.number().int(),
      etaSeconds: z.number().nullable(),
      itemsPerMinute: z.number().nullable(),
    }),
    jobsSummary: z.object({
      pending: z.number().int(),
      running: z.number().int(),
      completed: z.number().int(),
      failed: z.number().int(),
      cancelled: z.number().int(),
    }),
  })
  .meta({ examples: [sessionExample] });
export type SessionAnswer = z.input<typeof session>;

export const sessionCount = z
  .object({ count: z.number().int() })
  .meta({ examples: [{ count: 4 }] });

export const sessionMoved = z
  .object({
    sessionId: z.string(),
    jobId: z.string().nullable(),
    status: z.string(),
    message: z.string(),
  })
  .meta({ examples: [sessionMovedExample] });

export const sessionParams = z.object({ id: z.string().regex(/^[0-9A-Z]{26}$/) });

export const job = z
  .object({
    jobId: z.string(),
    symbol: z.string(),
    unifiedSymbol: z.string(),
    timeframe: z.string(),
    bot: z.string(),
    status: z.string(),
    priority,
    batch: z.number().int(),
    cause: z.string(),
    attempt: z.number().int(),
    stage: z.string().nullable(),
    progress: z.number(),
    queuedAt: time,
    startedAt: time.nullable(),
    finishedAt: time.nullable(),
    error: z.string().nullable(),
    modelId: z.string().nullable(),
    workerId: z
      .string()
      .nullable()
      .describe(
        'the worker that has it or had it last, as in /api/workers, or the run of a daemon',
      ),
  })
  .meta({ examples: [jobExample] });
export type JobAnswer = z.input<typeof job>;

/** How jobs are narrowed and paged; from and to are about the wall time of queueing. */
export const jobQuery = listQuery.extend({
  status: z.enum(['pending', 'running', 'completed', 'failed', 'cancelled']).optional(),
});

export const jobParams = z.object({ id: z.string().regex(/^[0-9A-Z]{26}$/) });

export const evidence = z
  .object({
    jobId: z.string(),
    modelId: z.string().nullable(),
    modelName: z.string(),
    modelVersion: z.string().nullable(),
    device: z.string(),
    processingTimeMs: z.number(),
    artifactSha256: z.string().nullable(),
    embeddingChecksum: z
      .string()
      .nullable()
      .describe('SHA-256 of the windows that a session of kind embedding computed'),
    dataFrom: time.nullable(),
    dataTo: time.nullable(),
    dataHash: z.string().nullable(),
    libraryVersions: z.record(z.string(), z.string()),
    seed: z.number().nullable(),
    error: z.string().nullable(),
    createdAt: time,
  })
  .meta({ examples: [evidenceExample] });
export type EvidenceAnswer = z.input<typeof evidence>;
