import type { ApiContext } from '../api-context.js';
import { health } from '../contract.js';
import type { Server } from '../new-server.js';

export function healthRoutes(server: Server, context: ApiContext): void {
  server.get(
    '/api/health',
    {
      schema: {
        summary: 'Whether the daemon is well; 503 when it fails',
        response: { 200: health, 503: health },
      },
    },
    async (_, reply) => {
      const { status, checks } = await context.health();
      return reply.code(status === 'failing' ? 503 : 200).send({ status, checks: [...checks] });
    },
  );
  server.get(
    '/metrics',
    { schema: { summary: 'Figures for Prometheus', hide: true } },
    async (_, reply) =>
      reply.type(context.metrics.contentType).send(await context.metrics.metrics()),
  );
}
