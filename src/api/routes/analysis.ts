import { notFound } from '../http/answer-errors.js';
import { signalAnswer } from '../answers/signals.js';
import { iso } from '../answers/keys.js';
import type { ApiContext } from '../context/api-context.js';
import { analysis, signal, signalQuery } from '../contract/signals.js';
import { keyQuery, listAnswer, symbolParams } from '../contract/common.js';
import type { Server } from '../http/new-server.js';
import { readMarketIds, resolveFilter, resolveKey } from '../context/symbols.js';

const signals = listAnswer('signals', signal);

export function analysisRoutes(server: Server, context: ApiContext): void {
  server.get(
    '/api/analysis/:symbol',
    {
      schema: {
        summary: 'The newest signal of a symbol with the decision on it',
        params: symbolParams,
        querystring: keyQuery.omit({ symbol: true }),
        response: { 200: analysis },
      },
    },
    async (request) => {
      const { key, marketId } = await resolveKey(context, { ...request.query, ...request.params });
      const newest = await context.stores.signals.latest(key);
      if (newest === undefined) throw notFound(`${key.symbol} has no signal yet`, 'symbol');
      const decision = await context.stores.decisions.findBySignal(newest.uid);
      return {
        ...signalAnswer(newest, new Map([[key.symbol, marketId]])),
        decision:
          decision === undefined
            ? null
            : {
                action: decision.action,
                reason: decision.reason,
                is_advisory: decision.isAdvisory,
                decided_at: iso(decision.decidedAt),
              },
      };
    },
  );

  server.get(
    '/api/signals',
    {
      schema: {
        summary: 'Signals, newest first',
        querystring: signalQuery,
        response: { 200: signals },
      },
    },
    async (request) => {
      const { source, prediction } = request.query;
      const filter = { ...(await resolveFilter(context, request.query)), source, prediction };
      const { total, rows } = await context.stores.signals.list(filter, request.query);
      const marketIds = await readMarketIds(context, filter.venue);
      return { total, signals: rows.map((row) => signalAnswer(row, marketIds)) };
    },
  );
}
