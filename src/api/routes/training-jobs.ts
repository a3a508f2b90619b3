import type { TrainingJob } from '../../domain/training-job.js';
import { jobAnswer } from '../answers/training.js';
import type { ApiContext } from '../context/api-context.js';
import { readMarketIds, resolveFilter } from '../context/symbols.js';
import { getTraining } from '../context/training-keys.js';
import { listAnswer } from '../contract/common.js';
import { job, jobParams, jobQuery } from '../contract/training.js';
import { ApiError, notFound } from '../http/answer-errors.js';
import type { Server } from '../http/new-server.js';

const BASE = '/api/training/jobs';

/** Jobs of all sessions: the queue, and what became of those before. */
export function trainingJobRoutes(server: Server, context: ApiContext): void {
  server.get(
    BASE,
    {
      schema: {
        summary: 'Jobs, newest first; with status=pending the queue in the order of its turns',
        querystring: jobQuery,
        response: { 200: listAnswer('jobs', job) },
      },
    },
    async ({ query }) => {
      const { status } = query;
      const isByTurn = status === 'pending';
      const filter = { ...(await resolveFilter(context, query)), status, isByTurn };
      const { total, rows } = await context.stores.jobs.list(filter, query);
      const marketIds = await readMarketIds(context, filter.venue);
      return { total, jobs: rows.map((row) => jobAnswer(row, marketIds)) };
    },
  );
  server.post(
    `${BASE}/:id/cancel`,
    {
      schema: {
        summary: 'Takes one job out of the queue, or ends it where it is under way',
        params: jobParams,
        response: { 200: job },
      },
    },
    async ({ params: { id } }) => {
      const found = await getJob(context, id);
      if (!(await getTraining(context).queue.cancelJob(id))) {
        throw new ApiError(409, 'conflict', `The job is ${found.status}: nothing to cancel`, 'id');
      }
      const marketIds = await readMarketIds(context, found.venue);
      return jobAnswer(await getJob(context, id), marketIds);
    },
  );
}

async function getJob({ stores }: ApiContext, id: string): Promise<TrainingJob> {
  const found = await stores.jobs.find(id);
  if (found === undefined) throw notFound(`There is no job ${id}`, 'id');
  return found;
}
