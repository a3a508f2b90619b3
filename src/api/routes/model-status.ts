import type { ApiContext } from '../api-context.js';
import { keyQuery, modelStatus } from '../contract.js';
import type { Server } from '../new-server.js';
import { resolveModelKey } from '../symbols.js';

export function modelStatusRoutes(server: Server, context: ApiContext): void {
  server.get(
    '/api/model/status',
    {
      schema: {
        summary: 'Whether a model serves, why not, and what training is doing',
        querystring: keyQuery,
        response: { 200: modelStatus },
      },
    },
    async (request) => {
      const { asked } = await resolveModelKey(context, request.query);
      return context.modelStatus(asked.key, asked.marketId);
    },
  );
}
