import { z } from 'zod';
import { matchesLine, type LogFilter, type LogLine } from '../../lib/log-tail.js';
import type { ApiContext } from '../context/api-context.js';
import { logAnswer, logQuery, streamQuery } from '../contract/operation.js';
import type { Server } from '../http/new-server.js';
import { streamEvents, streamHeaders } from '../http/stream-events.js';

const EXAMPLE = `id: 01JH2Q4T9V5K8W3M7N6P1R0S2X-41
event: log
data: {"id":41,"time":"2026-11-21T14:00:15.000Z","level":"info","message":"Bought","fields":{"symbol":"BTC/USDT"}}

`;

/** What the daemon logs: its newest lines, and each one as it is written. Secrets are taken out before. */
export function logRoutes(server: Server, { logs }: ApiContext): void {
  server.get(
    '/api/logs',
    {
      schema: {
        summary: 'The newest lines of the log of this run, at most the last thousand',
        querystring: logQuery,
        response: { 200: logAnswer },
      },
    },
    ({ query: { limit, ...filter } }) => ({
      lines: logs.list(toFilter(filter), limit).map((line) => ({
        id: line.id,
        time: line.time,
        level: line.level,
        message: line.message,
        fields: { ...line.fields },
      })),
    }),
  );
  server.get(
    '/api/logs/stream',
    {
      // A HEAD would never end.
      exposeHeadRoute: false,
      config: { isStream: true },
      schema: {
        summary: 'Server-sent events: each line of the log as it is written',
        querystring: streamQuery,
        headers: streamHeaders,
        response: {
          200: {
            content: { 'text/event-stream': { schema: z.string().meta({ examples: [EXAMPLE] }) } },
          },
        },
      },
    },
    ({ query, headers }, reply) => {
      const filter = toFilter(query);
      streamEvents(reply, {
        hub: logs.stream,
        lastEventId: headers['last-event-id'],
        // Only lines are published there.
        accepts: (line) => matchesLine(line as LogLine, filter),
      });
    },
  );
}

function toFilter({ level, text, job }: z.output<typeof streamQuery>): LogFilter {
  return { level, text, field: job === undefined ? undefined : { name: 'job', value: job } };
}
