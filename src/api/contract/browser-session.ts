import { z } from 'zod';
import { optionalTime } from './common.js';

/** Shapes of the calls by which a browser logs in. */

export const logInBody = z
  .strictObject({ token: z.string().min(1).max(1000).describe('API_TOKEN') })
  .meta({ examples: [{ token: 'the value of API_TOKEN' }] });

export const browserSession = z
  .object({
    is_required: z.boolean().describe('the daemon has an API_TOKEN'),
    is_open: z.boolean().describe('this browser may ask'),
    expires_at: optionalTime,
  })
  .meta({
    examples: [{ is_required: true, is_open: true, expires_at: '2026-11-22T02:00:00.000Z' }],
  });
