import { z } from 'zod';
import type { ApiContext } from '../context/api-context.js';
import type { Server } from '../http/new-server.js';
import { streamEvents, streamHeaders } from '../http/stream-events.js';

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
      config: { isStream: true },
      schema: {
        summary: 'Server-sent events: training, signals, decisions, fills, a heartbeat',
        headers: streamHeaders,
        response: { 200: { content: { 'text/event-stream': { schema: stream } } } },
      },
    },
    (request, reply) => {
      streamEvents(reply, { hub: context.events, lastEventId: request.headers['last-event-id'] });
    },
  );
}
