import type { z } from 'zod';
import type { Health } from '../../monitoring/health.js';
import { iso } from '../answers/keys.js';
import type { ApiContext } from '../context/api-context.js';
import { health, status } from '../contract/status.js';
import type { Server } from '../http/new-server.js';

/** What the daemon is doing, and how well. */
export function statusRoutes(server: Server, context: ApiContext): void {
  statusRoute(server, context);
  healthRoute(server, context);
  metricsRoute(server, context);
}

function statusRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/status',
    { schema: { summary: 'What the daemon is doing', response: { 200: status } } },
    () => context.status(),
  );
}

function healthRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/health',
    {
      schema: {
        summary: 'Whether the daemon is well; 503 when it fails',
        response: { 200: health, 503: health },
      },
    },
    async (_, reply) => {
      const answer = healthAnswer(await context.health());
      return reply.code(answer.status === 'failing' ? 503 : 200).send(answer);
    },
  );
}

function healthAnswer({ status, checks, findings }: Health): z.input<typeof health> {
  return {
    status,
    checks: [...checks],
    findings: findings.map(({ id, check, level, message, fix, since }) => ({
      id,
      check,
      level,
      message,
      fix,
      since: iso(since),
    })),
  };
}

function metricsRoute(server: Server, context: ApiContext): void {
  server.get(
    '/metrics',
    { schema: { summary: 'Figures for Prometheus', hide: true } },
    async (_, reply) =>
      reply.type(context.metrics.contentType).send(await context.metrics.metrics()),
  );
}
