import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import { jsonSchemaTransform, validatorCompiler } from 'fastify-type-provider-zod';
import { ConfigError, TransientError } from '../lib/errors.js';
import { countCalls } from './http/count-calls.js';
import { keepAnswersFinite } from './http/finite-answers.js';
import { guardRequests } from './http/guard-requests.js';
import { serializeAnswers } from './http/serialize-answers.js';
import { BrowserSessions } from './http/browser-sessions.js';
import type { Clock } from '../lib/clock.js';
import type { Logger } from '../lib/logger.js';
import type { QuietTurns } from '../lib/quiet-turns.js';
import { answerErrors } from './http/answer-errors.js';
import { newServer, type Server } from './http/new-server.js';
import { browserSessionRoutes } from './routes/browser-session.js';

export interface ServerOptions {
  readonly host: string;
  readonly port: number;
  /** Bearer token that every call must carry; undefined on loopback without one. */
  readonly token: string | undefined;
  readonly version: string;
  readonly logger: Logger;
  readonly clock: Pick<Clock, 'wallMs'>;
  /** Told of each call, for the work that waits until none is being answered. */
  readonly quietTurns: Pick<QuietTurns, 'callBegins'>;
}

/** A server with documentation, guards and errors set up, ready for routes. Not listening yet. */
export async function createServer(options: ServerOptions): Promise<Server> {
  const server = newServer();
  server.setValidatorCompiler(validatorCompiler);
  server.setSerializerCompiler(serializeAnswers);
  readJson(server);
  answerErrors(server, options.logger);
  const { host, token, clock, quietTurns } = options;
  countCalls(server, quietTurns);
  const sessions = token === undefined ? undefined : new BrowserSessions(token, clock);
  guardRequests(server, { host, token, sessions });
  keepAnswersFinite(server, options.logger);
  await server.register(fastifySwagger, {
    openapi: {
      info: {
        title: 'Evenkeel',
        description: 'What the daemon sees, thinks and does. Times are ISO 8601 UTC.',
        version: options.version,
      },
      ...documentToken(token),
    },
    transform: jsonSchemaTransform,
  });
  await server.register(fastifySwaggerUi, { routePrefix: '/docs' });
  browserSessionRoutes(server, sessions);
  return server;
}

/** A write names JSON as its type also where it has no body, as a DELETE: empty counts as none. */
function readJson(server: Server): void {
  const parse = server.getDefaultJsonParser('error', 'error');
  server.removeContentTypeParser('application/json');
  server.addContentTypeParser('application/json', { parseAs: 'string' }, (request, body, done) => {
    if (body.length === 0) done(null, undefined);
    else void parse(request, body.toString(), done);
  });
}

function documentToken(token: string | undefined) {
  if (token === undefined) return {};
  return {
    components: { securitySchemes: { bearer: { type: 'http' as const, scheme: 'bearer' } } },
    security: [{ bearer: [] }],
  };
}

/**
 * Listens and gives the address.
 * @throws ConfigError when the port is taken or forbidden, TransientError while this machine has no such address.
 */
export async function listen(server: Server, options: ServerOptions): Promise<string> {
  const { host, port } = options;
  try {
    return await server.listen({ host, port });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const place = `API_PORT ${port} at API_HOST ${host}`;
    const absence = ABSENCES[code ?? ''];
    if (absence !== undefined) throw new TransientError(`${place}: ${absence}`, { cause: error });
    const why = LISTEN_PROBLEMS[code ?? ''];
    if (why === undefined) throw error;
    throw new ConfigError(`${place}: ${why}`, { cause: error });
  }
}

const LISTEN_PROBLEMS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'the port is taken by another program; stop it or set another API_PORT',
  EACCES: 'not allowed to listen there; set an API_PORT above 1023',
  ENOTFOUND: 'the name is unknown; set API_HOST=127.0.0.1',
};

/** At the start of a machine its addresses and names may come after the daemon: by DHCP, or by a tunnel. */
const ABSENCES: Readonly<Record<string, string>> = {
  EADDRNOTAVAIL:
    'this machine has no such address; wait for the network, or set API_HOST=127.0.0.1',
  EAI_AGAIN: 'names cannot be asked for now; wait for the network, or set API_HOST=127.0.0.1',
};
