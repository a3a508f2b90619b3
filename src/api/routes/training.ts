import { GLOBAL_SYMBOL } from '../../domain/bots.js';
import type { Series } from '../../domain/market.js';
import type { TrainingJob } from '../../domain/training-job.js';
import { badRequest } from '../http/answer-errors.js';
import type { ApiContext } from '../context/api-context.js';
import {
  requested,
  startAutoBody,
  startedAuto,
  trainBody,
  trainingStatus,
  type TrainingStatusAnswer,
} from '../contract/training.js';
import type { Server } from '../http/new-server.js';
import { readMarketIds, resolveModelKey } from '../context/symbols.js';
import { queueAnswer } from '../answers/training.js';
import { assertBot, getTraining, resolveKeys } from '../context/training-keys.js';

const WAIT_LIMIT_MS = 120_000;
const WAIT_POLL_MS = 500;

/** Training of single models and the controls of the whole queue. */
export function trainingRoutes(server: Server, context: ApiContext): void {
  trainRoute(server, context);
  startAutoRoute(server, context);
  server.get(
    '/api/training/status',
    { schema: { summary: 'State of the training queue', response: { 200: trainingStatus } } },
    () => readStatus(context),
  );
  const controls = {
    pause: ['Jobs under way end, then nothing begins', 'pause'],
    resume: ['Ends a pause and a stop', 'resume'],
    stop: ['Jobs under way end, the others are cancelled', 'stopAfterCurrent'],
    'force-stop': ['Kills the trainer and cancels every job', 'forceStop'],
  } as const;
  for (const [name, [summary, method]] of Object.entries(controls)) {
    server.post(
      `/api/training/${name}`,
      { schema: { summary, response: { 200: trainingStatus } } },
      async () => {
        await getTraining(context).queue[method]();
        return readStatus(context);
      },
    );
  }
}

function trainRoute(server: Server, context: ApiContext): void {
  const summary = 'Trains one model now';
  server.post(
    '/api/prediction/train',
    { schema: { summary, body: trainBody, response: { 202: requested } } },
    async ({ body, raw }, reply) => {
      const { sessions, options } = getTraining(context);
      const { key } = await resolveModelKey(context, body);
      assertBot(key.bot, options.bots);
      const series = await context.stores.series.list(key);
      const isKeys = (one: Series): boolean =>
        one.timeframe === key.timeframe && [one.symbol, GLOBAL_SYMBOL].includes(key.symbol);
      if (!series.some(isKeys)) {
        throw badRequest(`No ${key.timeframe} candles of ${key.symbol} are stored`, 'timeframe');
      }
      const { sessionUid, jobs } = await sessions.request({ keys: [key], kind: 'manual' });
      const [queued] = jobs;
      if (queued === undefined) throw new Error('Broken invariant: a request without a job');
      const job = body.wait
        ? await untilEnded(context, { job: queued, isGone: () => raw.destroyed })
        : queued;
      void reply.status(202);
      return { session_id: sessionUid, job_id: job.uid, status: job.status };
    },
  );
}

function startAutoRoute(server: Server, context: ApiContext): void {
  const summary = 'Queues every combination of symbols, timeframes and bots';
  server.post(
    '/api/training/start-auto',
    { schema: { summary, body: startAutoBody, response: { 202: startedAuto } } },
    async ({ body }, reply) => {
      const keys = await resolveKeys(context, body);
      const { priority } = body;
      const { sessions } = getTraining(context);
      const { sessionUid, jobs } = await sessions.request({ keys, kind: 'manual', priority });
      const joined = jobs.filter((job) => job.sessionUid !== sessionUid).length;
      void reply.status(202);
      return { session_id: sessionUid, queued: jobs.length - joined, joined };
    },
  );
}

async function readStatus(context: ApiContext): Promise<TrainingStatusAnswer> {
  const { queue, options } = getTraining(context);
  const marketIds = await readMarketIds(context, options.venue);
  return queueAnswer(await queue.status(), marketIds);
}

/** The job as it is at its end, or as it is when there is no time left to wait. */
async function untilEnded(
  context: ApiContext,
  { job, isGone }: { readonly job: TrainingJob; readonly isGone: () => boolean },
): Promise<TrainingJob> {
  const { clock, stores } = context;
  const deadlineMs = clock.wallMs() + WAIT_LIMIT_MS;
  let seen = job;
  while (!seen.finishedAt && clock.wallMs() < deadlineMs && !isGone() && context.training()) {
    await clock.sleep(WAIT_POLL_MS);
    seen = (await stores.jobs.find(job.uid)) ?? seen;
  }
  return seen;
}
