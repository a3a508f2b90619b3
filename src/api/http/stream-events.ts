import type { ServerResponse } from 'node:http';
import type { FastifyReply } from 'fastify';
import { z } from 'zod';
import type { Accepts, EventClient, EventHub } from '../../monitoring/event-hub.js';
import { ApiError } from './answer-errors.js';

/** What a listener may leave unread before it is sent away; it may come back for the rest. */
const MAX_UNREAD_BYTES = 256 * 1024;

export const streamHeaders = z.object({
  'last-event-id': z
    .string()
    .max(100)
    .optional()
    .describe('go on after this event; `missed` says where that is no longer possible'),
});

export interface StreamOptions {
  readonly hub: Pick<EventHub, 'join' | 'mayJoin'>;
  readonly lastEventId?: string | undefined;
  /** Which events are sent. Default: all. */
  readonly accepts?: Accepts;
}

/** Answers with server-sent events until the client leaves or the daemon stops. */
export function streamEvents(
  // The type of the answer differs from route to route.
  reply: Pick<FastifyReply, 'hijack' | 'getHeaders'> & { readonly raw: ServerResponse },
  { hub, lastEventId, accepts }: StreamOptions,
): void {
  if (!hub.mayJoin) {
    const message = 'As many listen as may, or the daemon stops; try again later';
    throw new ApiError(503, 'too_many_clients', message);
  }
  reply.hijack();
  const { raw } = reply;
  raw.writeHead(200, {
    ...Object.fromEntries(Object.entries(reply.getHeaders()).map(([n, v]) => [n, String(v)])),
    'content-type': 'text/event-stream; charset=utf-8',
    // Proxies that buffer would hold events back.
    'x-accel-buffering': 'no',
  });
  raw.flushHeaders();
  const leave = hub.join(clientOf(raw), lastEventId, accepts);
  raw.once('close', leave);
  if (raw.destroyed) leave();
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
