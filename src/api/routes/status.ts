import type { ApiContext } from '../api-context.js';
import { status } from '../contract.js';
import type { Server } from '../new-server.js';

export function statusRoutes(server: Server, context: ApiContext): void {
  server.get(
    '/api/status',
    { schema: { summary: 'What the daemon is doing', response: { 200: status } } },
    () => context.status(),
  );
}
