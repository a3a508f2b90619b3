import { z } from 'zod';
import { TIMEFRAMES } from '../../domain/timeframe.js';
import { qualityAnswer } from '../../quality/quality-text.js';
import type { ApiContext } from '../context/api-context.js';
import { listQuery, time } from '../contract/common.js';
import { resolveFilter, resolveVenue } from '../context/symbols.js';
import type { Server } from '../http/new-server.js';

/** Reading more would take seconds of the event loop, in short steps. */
const MAX_SERIES = 100;
const MAX_DAYS = 366;
/** Of a series; a minute of a thin market may lack as many in a day. */
const MAX_GAPS = 500;
const MAX_FILES = 100;
const count = z.number();

const gap = z.object({
  kind: z.enum(['known', 'open', 'late']),
  from: time,
  to: time,
  bars: count,
});

const finding = z.object({
  kind: z.string(),
  level: z.enum(['fault', 'note']),
  count,
  text: z.string(),
  training: z.string().describe('what training does about it'),
});

const series = z.object({
  venue: z.string(),
  symbol: z.string(),
  unified_symbol: z.string(),
  timeframe: z.enum(TIMEFRAMES),
  candles: count,
  first_open_time: time.nullable(),
  last_open_time: time.nullable(),
  covered: count.describe('share of the expected bars that is stored or empty, 0 to 1'),
  revised: count,
  repeated: count,
  zero_volume_share: count,
  refused: z.record(z.string(), count).describe('rows by kind of reason'),
  outlier_count: count,
  outliers: z.array(
    z.object({
      kind: z.enum(['wick', 'spike', 'jump', 'split']),
      open_time: time,
      size: count.describe('log of the price against that of the neighbours'),
      other_size: count.nullable().describe('the same at other symbols'),
    }),
  ),
  copies: z.array(z.object({ of: z.string(), equal_months: count, months: count })),
  gap_count: count,
  gaps: z.array(gap).describe(`at most the newest ${MAX_GAPS}`),
  days: z.array(
    z.object({
      day: z.string(),
      expected: count,
      stored: count,
      empty: count,
      known: count,
      open: count,
    }),
  ),
  findings: z.array(finding),
});

const file = z.object({
  at: time,
  file: z.string(),
  venue: z.string(),
  timeframe: z.string(),
  refusal: z.string().nullable(),
  source: z.string().nullable(),
  rows: count,
  inserted: count,
  revised: count,
  unchanged: count,
  merged: count,
  rejected: z.array(
    z.object({ kind: z.string(), rows: count, first_line: count, example: z.string() }),
  ),
  left_out: z.array(z.object({ name: z.string(), reason: z.string() })),
});

const query = z.strictObject({
  symbol: listQuery.shape.symbol,
  timeframe: listQuery.shape.timeframe,
  venue: listQuery.shape.venue,
  days: z.coerce.number().int().min(1).max(MAX_DAYS).default(30),
  limit: z.coerce.number().int().min(1).max(MAX_SERIES).default(20),
  offset: listQuery.shape.offset,
});

/** Exported for the contract's test. */
export const dataQuality = z.object({
  total: count.describe('series that match, also those beyond the page'),
  series: z.array(series).describe('copies are looked for among those of the page'),
  files_total: count,
  files: z
    .array(file)
    .describe(`the last import of each file on this machine, at most the newest ${MAX_FILES}`),
});

export function dataQualityRoutes(server: Server, context: ApiContext): void {
  server.get(
    '/api/data/quality',
    {
      schema: {
        summary:
          'What stored candles are like by day, what is odd, and what training does about it',
        querystring: query,
        response: { 200: dataQuality },
      },
    },
    async ({ query: { days, limit, offset, ...asked } }) => {
      const venue = resolveVenue(context, asked);
      const { symbol, timeframe } = await resolveFilter(context, asked);
      const report = await context.dataQuality({
        venue,
        symbols: symbol === undefined ? undefined : [symbol],
        timeframes: timeframe === undefined ? undefined : [timeframe],
        days,
        limit,
        offset,
      });
      return bounded(qualityAnswer(report));
    },
  );
}

/** The report with its lists cut to what a page shows, and how long they are. */
function bounded({ series: found, files, ...rest }: ReturnType<typeof qualityAnswer>) {
  return {
    ...rest,
    series: found.map((one) => ({
      ...one,
      gap_count: one.gaps.length,
      gaps: one.gaps.slice(-MAX_GAPS),
    })),
    files_total: files.length,
    files: [...files].sort((one, other) => (one.at < other.at ? 1 : -1)).slice(0, MAX_FILES),
  };
}
