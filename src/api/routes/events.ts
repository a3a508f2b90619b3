import type { ServerResponse } from 'node:http';
import { z } from 'zod';
import type { EventClient } from '../../monitoring/event-hub.js';
import { ApiError } from '../http/answer-errors.js';
import type { ApiContext } from '../context/api-context.js';
import type { Server } from '../http/new-server.js';

/** What a listener may leave unread before it is sent away; it may come back for the rest. */
const MAX_UNREAD_BYTES = 256 * 1024;

const headers = z.object({
  'last-event-id': z
    .string()
    .max(100)
    .optional()
    .describe('go on after this event; `missed` says where that is no longer possible'),
});

const EXAMPLE = `id: 01JH2Q4T9V5K8W3M7N6P1R0S2X-41
event: job.progress
data: {"job_id":"01JH2Q5F6C8Y4Z0B3D7E9G1H2J","session_id":"01JH2Q5F4R2T6V8X0A1C3E5G7J","symbol":"BTCUSDT","unified_symbol":"BTC/USDT","venue":"binance","timeframe":"1h","bot":"catboost","priority":"training-high","cause":"requested","attempt":1,"stage":"fit","progress":42}

event: heartbeat
data: {"at":"2026-11-21T14:00:15.000Z"}

`;

const stream = z
  .string()
  .describe(
    'job.queued, job.started, job.progress, job.finished, model.promoted, model.rejected, ' +
      'model.failed, session.progress, signal, decision, fill; without an id: heartbeat, missed, stopping',
  )
  .meta({ examples: [EXAMPLE] });

/** What happens, as it happens. */
export function eventRoutes(server: Server, context: ApiContext): void {
  server.get(
    '/api/events',
    {
      // A HEAD would never end.
      exposeHeadRoute: false,
      schema: {
        summary: 'Server-sent events: training, signals, decisions, fills, a heartbeat',
        headers,
        response: { 200: { content: { 'text/event-stream': { schema: stream } } } },
      },
    },
    (request, reply) => {
      if (!context.events.mayJoin) {
        const message = 'As many listen as may, or the daemon stops; try again later';
        throw new ApiError(503, 'too_many_clients', message);
      }
      const { raw } = reply.hijack();
      raw.writeHead(200, {
        ...Object.fromEntries(Object.entries(reply.getHeaders()).map(([n, v]) => [n, String(v)])),
        'content-type': 'text/event-stream; charset=utf-8',
        // Proxies that buffer would hold events back.
        'x-accel-buffering': 'no',
      });
      raw.flushHeaders();
      const leave = context.events.join(clientOf(raw), request.headers['last-event-id']);
      raw.once('close', leave);
      if (raw.destroyed) leave();
    },
  );
}

function clientOf(raw: ServerResponse): EventClient {
  return {
    send: (text) => {
      if (raw.destroyed || raw.writableEnded) return;
      raw.write(text);
      if (raw.writableLength > MAX_UNREAD_BYTES) raw.destroy();
    },
    end: () => raw.end(),
  };
}
