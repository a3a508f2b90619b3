import { z } from 'zod';
import { toBotName } from '../../domain/bots.js';
import { TIMEFRAMES } from '../../domain/timeframe.js';

/** What the shapes of all calls share. Times are ISO 8601 UTC, money is exact decimal text. */

const MAX_LIMIT = 1000;

export const time = z.iso.datetime();

export const optionalTime = time.nullable();

/** Of a call: known under the name that it is stored by, and under others. */
export const botName = z.string().min(1).max(64).overwrite(toBotName);

/** How every list is narrowed and paged. */
export const listQuery = z.strictObject({
  symbol: z.string().min(1).max(100).optional(),
  timeframe: z.enum(TIMEFRAMES).optional(),
  bot: botName.optional(),
  venue: z.string().min(1).max(200).optional(),
  from: time.optional().describe('not before this market time'),
  to: time.optional().describe('not after this market time'),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(100),
  offset: z.coerce.number().int().min(0).max(1_000_000_000).default(0),
});
export type ListQuery = z.output<typeof listQuery>;

/** Which model a call is about; what is left out defaults to what trades. */
export const keyQuery = listQuery.pick({ symbol: true, timeframe: true, bot: true, venue: true });

export const symbolParams = z.object({ symbol: z.string().min(1).max(200) });

export const seriesFields = {
  symbol: z.string().describe("the venue's own id, BTCUSDT"),
  unified_symbol: z.string(),
  venue: z.string(),
  timeframe: z.string(),
};

export const keyFields = { ...seriesFields, bot: z.string() };

/** Beside the symbol that was asked for. */
export const MODEL_SYMBOL =
  'whose model answers: the same symbol, or * where one model serves every instrument';

export const probabilities = z.object({ sell: z.number(), hold: z.number(), buy: z.number() });

export const interval = z.object({ estimate: z.number(), lower: z.number(), upper: z.number() });

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
