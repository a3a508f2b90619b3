import { z } from 'zod';
import { PRIORITIES } from '../../domain/training-job.js';
import { listQuery, time } from './common.js';

/** Shapes of the processes that work off the queue beside the daemon. */

const EXAMPLE = {
  id: '01JH2Q5F4R2T6V8X0A1C3E5G7J',
  host: 'trainer-2',
  pid: 4711,
  venue: 'binance',
  version: '0.2.0',
  catalogue: '5f0c1ad9e0b7',
  cores: 8,
  memory_mb: 16_000,
  accelerator: null,
  queues: ['training-high', 'training-normal', 'training-low', 'default'],
  concurrency: 9,
  bots: ['catboost', 'catboost_regressor', 'random_forest', 'lstm', 'transformer'],
  status: 'working',
  reason: null,
  alive: true,
  silent_seconds: 1.2,
  started_at: '2026-11-21T14:00:03.000Z',
} as const;

export const workerQuery = listQuery.pick({ limit: true, offset: true });

export const workers = z.object({
  total: z.number(),
  workers: z.array(
    z
      .object({
        id: z.string(),
        host: z.string(),
        pid: z.number(),
        venue: z.string(),
        version: z.string(),
        catalogue: z.string().describe('hash of the features that it computes'),
        cores: z.number(),
        memory_mb: z.number().describe('of the machine'),
        accelerator: z.string().nullable(),
        queues: z.array(z.enum(PRIORITIES)).describe('in the order in which it takes jobs'),
        concurrency: z.number().describe('jobs at a time'),
        bots: z.array(z.string()).describe('that it can train; it leaves jobs of others alone'),
        status: z.enum(['working', 'refused', 'stopped']),
        reason: z.string().nullable().describe('why it is refused, or cannot train some bots'),
        alive: z.boolean().describe('false once it was silent for 15 s: its jobs are queued again'),
        silent_seconds: z.number().describe("since its last sign of life, by the database's clock"),
        started_at: time,
      })
      .meta({ examples: [EXAMPLE] }),
  ),
});

export type WorkersAnswer = z.infer<typeof workers>;
