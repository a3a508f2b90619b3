import { z } from 'zod';
import { iso } from '../answers/keys.js';
import { notFound } from '../http/answer-errors.js';
import type { ApiContext } from '../context/api-context.js';
import { candle } from '../contract/signals.js';
import { listQuery, symbolParams } from '../contract/common.js';
import type { Server } from '../http/new-server.js';
import { resolveKey } from '../context/symbols.js';

const answer = z.object({
  symbol: z.string(),
  unified_symbol: z.string(),
  candles: z.array(candle),
});

export function candleRoutes(server: Server, context: ApiContext): void {
  server.get(
    '/api/candles/:symbol',
    {
      schema: {
        summary: 'The newest closed candles until `to`, oldest first',
        params: symbolParams,
        querystring: listQuery.pick({ timeframe: true, venue: true, to: true, limit: true }),
        response: { 200: answer },
      },
    },
    async ({ params, query }) => {
      const { key, marketId } = await resolveKey(context, { ...query, ...params });
      const series = await context.stores.series.find(key);
      if (series === undefined)
        throw notFound(`${key.symbol} has no ${key.timeframe} candles`, 'timeframe');
      const candles = await context.stores.candles.latest(series.id, query.limit, {
        toOpenTime: query.to === undefined ? undefined : Date.parse(query.to),
      });
      return {
        symbol: marketId,
        unified_symbol: key.symbol,
        candles: candles.map(({ openTime, ...prices }) => ({
          open_time: iso(openTime),
          ...prices,
        })),
      };
    },
  );
}
