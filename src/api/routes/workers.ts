import { workersAnswer } from '../answers/workers.js';
import type { ApiContext } from '../context/api-context.js';
import { workerQuery, workers } from '../contract/workers.js';
import type { Server } from '../http/new-server.js';

/** The processes that work off the queue, with `QUEUE=redis`. */
export function workerRoutes(server: Server, { stores }: ApiContext): void {
  server.get(
    '/api/workers',
    {
      schema: {
        summary: 'Workers of the queue that were seen within a week, newest first',
        querystring: workerQuery,
        response: { 200: workers },
      },
    },
    async ({ query }) => workersAnswer(await stores.workers.list(), query),
  );
}
