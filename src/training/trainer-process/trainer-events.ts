import { z } from 'zod';

export const STAGES = ['load', 'select', 'fit', 'refit', 'export'] as const;

export type TrainerStage = (typeof STAGES)[number];

const versionsSchema = z.record(z.string(), z.string());

const readySchema = z.object({
  event: z.literal('ready'),
  versions: versionsSchema,
  rss_mb: z.number(),
});

const progressSchema = z.object({
  event: z.literal('progress'),
  job: z.string(),
  stage: z.enum(STAGES),
  percent: z.number().min(0).max(100),
});

const doneSchema = z.object({
  event: z.literal('done'),
  job: z.string(),
  output_dir: z.string(),
  manifest_sha256: z.string().regex(/^[0-9a-f]{64}$/),
  rss_mb: z.number(),
  peak_rss_mb: z.number(),
});

const failedSchema = z.object({
  event: z.literal('failed'),
  job: z.string().nullable(),
  code: z.enum(['bad_job', 'bad_file', 'too_few_rows', 'memory', 'internal']),
  message: z.string(),
});

const eventSchema = z.discriminatedUnion('event', [
  readySchema,
  progressSchema,
  doneSchema,
  failedSchema,
]);

export type TrainerEvent = z.infer<typeof eventSchema>;
export type DoneEvent = z.infer<typeof doneSchema>;
export type FailedEvent = z.infer<typeof failedSchema>;

/** The event in a line; undefined where there is none. */
export function findEvent(line: string): TrainerEvent | undefined {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return undefined;
  }
  return eventSchema.safeParse(value).data;
}
