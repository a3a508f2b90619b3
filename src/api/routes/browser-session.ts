import type { FastifyRequest } from 'fastify';
import { iso, isoOrNull } from '../answers/keys.js';
import { browserSession, logInBody } from '../contract/browser-session.js';
import { ApiError } from '../http/answer-errors.js';
import type { BrowserSessions } from '../http/browser-sessions.js';
import type { Server } from '../http/new-server.js';

const PATH = '/api/session';

/** How a browser logs in and out. @param sessions undefined where no token is asked for */
export function browserSessionRoutes(server: Server, sessions: BrowserSessions | undefined): void {
  const response = { 200: browserSession };
  server.get(
    PATH,
    { schema: { summary: 'Whether this browser has to log in', response } },
    async ({ headers }) => {
      if (sessions === undefined) return OPEN_TO_ALL;
      const expiresAt = sessions.find(headers.cookie);
      return {
        is_required: true,
        is_open: expiresAt !== undefined,
        expires_at: isoOrNull(expiresAt),
      };
    },
  );
  server.post(
    PATH,
    {
      schema: {
        summary: 'Exchanges API_TOKEN for a cookie of 12 hours',
        body: logInBody,
        response,
      },
    },
    async (request, reply) => {
      if (sessions === undefined) return OPEN_TO_ALL;
      const from = { address: request.ip, isSecure: isSecure(request) };
      const answer = sessions.open(request.body.token, from);
      if (answer.status === 'blocked') {
        const seconds = Math.ceil(answer.waitMs / 1000);
        void reply.header('retry-after', String(seconds));
        const message = `Too many wrong tokens from this address; try again in ${seconds} s`;
        throw new ApiError(429, 'too_many_attempts', message, 'token');
      }
      if (answer.status === 'refused') {
        throw new ApiError(401, 'unauthorized', 'This is not the API_TOKEN of the daemon', 'token');
      }
      void reply.header('set-cookie', answer.cookie);
      return { is_required: true, is_open: true, expires_at: iso(answer.expiresAt) };
    },
  );
  server.delete(
    PATH,
    { schema: { summary: 'Ends the session of this browser', response } },
    async ({ headers }, reply) => {
      if (sessions === undefined) return OPEN_TO_ALL;
      void reply.header('set-cookie', sessions.end(headers.cookie));
      return { is_required: true, is_open: false, expires_at: null };
    },
  );
}

const OPEN_TO_ALL = { is_required: false, is_open: true, expires_at: null };

/** Behind a proxy the connection to the browser may be encrypted where the one to the daemon is not. */
function isSecure({ protocol, headers }: FastifyRequest): boolean {
  return protocol === 'https' || headers['x-forwarded-proto'] === 'https';
}
