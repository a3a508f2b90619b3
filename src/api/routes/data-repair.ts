import type { z } from 'zod';
import { ApiError, notFound } from '../http/answer-errors.js';
import { isoOrNull, seriesAnswer } from '../answers/keys.js';
import type { ApiContext, DataRepair } from '../context/api-context.js';
import { repairBody, repairQuery, repairs, type RepairsAnswer } from '../contract/data-repair.js';
import { readMarketIds, resolveFilter } from '../context/symbols.js';
import type { Server } from '../http/new-server.js';

/** Asks the venue again for what is missing in stored series. */
export function dataRepairRoutes(server: Server, context: ApiContext): void {
  server.post(
    '/api/data/repair',
    {
      schema: {
        summary: 'Asks the venue again for all that is missing, known gaps included',
        body: repairBody,
        response: { 202: repairs },
      },
    },
    async ({ body }, reply) => {
      const { symbol, timeframe } = await resolveFilter(context, body);
      const begun = repairOf(context).begin({ symbol, timeframe });
      if (begun === 0) throw notFound('No series that is collected fits what is named', 'symbol');
      return reply.code(202).send(await answer(context, repairQuery.parse({})));
    },
  );
  server.get(
    '/api/data/repairs',
    {
      schema: {
        summary: 'Repairs of series that were asked for, and what came of them',
        querystring: repairQuery,
        response: { 200: repairs },
      },
    },
    ({ query }) => answer(context, query),
  );
}

function repairOf({ dataRepair }: ApiContext): DataRepair {
  const repair = dataRepair();
  if (repair !== undefined) return repair;
  throw new ApiError(503, 'standing_by', 'This daemon collects nothing: it starts, or stands by');
}

async function answer(
  context: ApiContext,
  { limit, offset }: z.output<typeof repairQuery>,
): Promise<RepairsAnswer> {
  const found = context.dataRepair()?.list() ?? [];
  const marketIds = await readMarketIds(context, found[0]?.key.venue);
  return {
    total: found.length,
    repairs: found.slice(offset, offset + limit).map(({ key, isUnderWay, last, error }) => ({
      ...seriesAnswer(key, marketIds),
      is_under_way: isUnderWay,
      ended_at: isoOrNull(last?.endedAt),
      found: last?.found ?? null,
      missing: last?.missing ?? null,
      error: isUnderWay ? (error ?? null) : null,
    })),
  };
}
