import type { QuietTurns } from '../../lib/quiet-turns.js';
import type { Server } from './new-server.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Its answer stays open: nobody waits for its end. */
    readonly isStream?: boolean;
  }
}

/** Tells of each call that somebody waits for, from its head to the end of its answer. */
export function countCalls(server: Server, turns: Pick<QuietTurns, 'callBegins'>): void {
  server.addHook('onRequest', (request, reply, done) => {
    if (request.routeOptions.config.isStream !== true) {
      reply.raw.once('close', turns.callBegins());
    }
    done();
  });
}
