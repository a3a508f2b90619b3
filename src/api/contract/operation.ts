import { z } from 'zod';
import { LOG_LEVELS } from '../../lib/log-tail.js';
import { time } from './common.js';

/** Shapes of what is known of the process itself: its settings and its log. */

const setting = z.object({
  name: z.string(),
  group: z.string(),
  value: z
    .string()
    .nullable()
    .describe('as it would be written; null where there is none; `set` for a secret'),
  default: z.string().nullable(),
  origin: z
    .string()
    .describe('environment, .env, default, or what names the file that a secret lies in'),
  is_secret: z.boolean(),
  of_variants: z.boolean().describe('a variant of an experiment may have a value of its own'),
  unit: z.string().nullable(),
  clock: z.enum(['market', 'wall']).nullable().describe('which clock a duration runs by'),
  expected: z.string(),
  help: z.string(),
});

export const settingsAnswer = z.object({ settings: z.array(setting) });

/** Narrows both the newest lines and the stream. */
const lineFilter = {
  level: z.enum(LOG_LEVELS).optional().describe('least important level'),
  text: z.string().min(1).max(200).optional().describe('in message or fields, in any case'),
  job: z.string().min(1).max(64).optional().describe('only the lines of this training job'),
};

export const streamQuery = z.strictObject(lineFilter);

export const logQuery = z.strictObject({
  ...lineFilter,
  limit: z.coerce.number().int().min(1).max(1000).default(200),
});

export const logLine = z.object({
  id: z.number().describe('counts the lines of a run from 1'),
  time,
  level: z.enum(LOG_LEVELS),
  message: z.string(),
  fields: z.record(z.string(), z.unknown()),
});

export const logAnswer = z.object({ lines: z.array(logLine).describe('oldest first') });
