import type { FastifyRequest } from 'fastify';
import { ApiError } from './answer-errors.js';
import { isSameText, type BrowserSessions } from './browser-sessions.js';
import { isDashboardPath } from './dashboard-paths.js';
import type { Server } from './new-server.js';

export interface GuardOptions {
  /** Address that the server listens on. */
  readonly host: string;
  /** Bearer token that every call must carry. */
  readonly token: string | undefined;
  /** Of browsers that logged in; undefined without a token. */
  readonly sessions: BrowserSessions | undefined;
}

const WRITES = new Set(['POST', 'PUT', 'PATCH', 'DELETE']);
const LOOPBACK_NAMES = new Set(['localhost', '127.0.0.1', '[::1]']);

/**
 * Who may call: a page of another origin must not reach a daemon on loopback, neither directly nor by a
 * name that it made resolve to 127.0.0.1, so Host and Origin are compared on every call.
 */
export function guardRequests(server: Server, options: GuardOptions): void {
  server.addHook('onRequest', async (request, reply) => {
    assertHost(request, options.host);
    assertOrigin(request);
    if (!isPublic(request)) assertMayAsk(request, options);
    if (WRITES.has(request.method)) assertJson(request);
    void reply.headers(SECURITY_HEADERS);
  });
}

const SECURITY_HEADERS = {
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cache-control': 'no-store',
};

/** The pages and the documentation hold no data of their own; whoever logs in has no session yet. */
function isPublic({ url }: FastifyRequest): boolean {
  const path = url.split('?')[0] ?? '';
  return isDashboardPath(path) || path === '/api/session' || /^\/docs(\/|$)/.test(path);
}

function assertHost(request: FastifyRequest, listenHost: string): void {
  const name = hostName(request.headers.host);
  const isLoopbackOnly = LOOPBACK_NAMES.has(listenHost) || listenHost === '::1';
  if (isLoopbackOnly && !LOOPBACK_NAMES.has(name)) {
    throw new ApiError(403, 'forbidden', 'The Host header must name this machine', 'host');
  }
}

function assertOrigin(request: FastifyRequest): void {
  const { origin, host } = request.headers;
  if (origin === undefined) return;
  if (!URL.canParse(origin) || new URL(origin).host !== host) {
    throw new ApiError(403, 'forbidden', 'The Origin header must match the Host header', 'origin');
  }
}

function assertMayAsk({ headers }: FastifyRequest, { token, sessions }: GuardOptions): void {
  if (token === undefined || sessions?.find(headers.cookie) !== undefined) return;
  const given = /^Bearer (.+)$/.exec(headers.authorization ?? '')?.[1] ?? '';
  if (isSameText(given, token)) return;
  const message = 'Send Authorization: Bearer <API_TOKEN>, or log in at /login';
  throw new ApiError(401, 'unauthorized', message, 'authorization');
}

function assertJson(request: FastifyRequest): void {
  const type = request.headers['content-type'] ?? '';
  if (type.startsWith('application/json')) return;
  throw new ApiError(415, 'bad_request', 'Send Content-Type: application/json', 'content-type');
}

function hostName(header: string | undefined): string {
  return (header ?? '').replace(/:\d+$/, '').toLowerCase();
}
