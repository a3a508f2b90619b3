import Fastify, { type FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';

const MAX_BODY_BYTES = 64 * 1024;
const REQUEST_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_TIMEOUT_MS = 5000;

/** The web server with this project's limits and validation; routes are functions of it. */
export type Server = ReturnType<typeof newServer>;

// eslint-disable-next-line @typescript-eslint/explicit-module-boundary-types -- the library's own type has five parameters that say nothing here
export function newServer() {
  return Fastify({
    logger: false,
    bodyLimit: MAX_BODY_BYTES,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 200 },
    // An address that cannot be read comes before every route and handler.
    frameworkErrors: ({ statusCode = 400, message }, _, reply) => {
      // The library types the reply by its route, and here there is none.
      const answer = reply as unknown as FastifyReply;
      const error = { code: 'bad_request', field: null, message };
      void answer.status(statusCode).type('application/json').send({ error });
    },
  }).withTypeProvider<ZodTypeProvider>();
}
