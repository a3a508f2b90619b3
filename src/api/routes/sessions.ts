import type { z } from 'zod';
import type { TrainingSession } from '../../domain/training-job.js';
import { notFound } from '../http/answer-errors.js';
import type { ApiContext } from '../context/api-context.js';
import { listAnswer, listQuery } from '../contract/common.js';
import {
  evidence,
  job,
  session,
  sessionBody,
  sessionCount,
  sessionMoved,
  sessionParams,
} from '../contract/training.js';
import type { Server } from '../http/new-server.js';
import { readMarketIds } from '../context/symbols.js';
import { evidenceAnswer, jobAnswer, sessionAnswer } from '../answers/training.js';
import { getTraining, resolveKeys } from '../context/training-keys.js';

const pageQuery = listQuery.pick({ limit: true, offset: true });
const BASE = '/api/training/sessions';

/** Requests to train, and what is done to them. */
export function sessionRoutes(server: Server, context: ApiContext): void {
  listRoute(server, context);
  createRoute(server, context);
  server.get(
    `${BASE}/:id`,
    {
      schema: { summary: 'One session', params: sessionParams, response: { 200: session } },
    },
    async ({ params }) => {
      const found = await getTraining(context).sessions.find(params.id);
      if (found === undefined) throw unknown(params.id);
      return sessionAnswer(found);
    },
  );
  moveRoutes(server, context);
  jobsRoute(server, context);
  evidenceRoute(server, context);
}

function listRoute(server: Server, context: ApiContext): void {
  const response = { 200: listAnswer('sessions', session) };
  server.get(
    BASE,
    { schema: { summary: 'Sessions, newest first', querystring: pageQuery, response } },
    async ({ query }) => {
      const { total, rows } = await context.stores.sessions.list({}, query);
      const views = await getTraining(context).sessions.toViews(rows);
      return { total, sessions: views.map(sessionAnswer) };
    },
  );
}

function createRoute(server: Server, context: ApiContext): void {
  const response = { 200: sessionCount, 201: session };
  const summary = 'Makes a session that waits to be started, or counts its jobs';
  server.post(
    BASE,
    { schema: { summary, body: sessionBody, response } },
    async ({ body }, reply) => {
      const isEmbedding = body.config?.mode === 'embedding';
      const keys = await resolveKeys(context, { ...body, isEmbedding });
      if (body.count_only) return reply.status(200).send({ count: keys.length });
      const { name, priority, config = {} } = body;
      const { sessions } = getTraining(context);
      const { batchSize, mode } = config;
      const asked = { name, priority: priority ?? 'training-high', batchSize, config } as const;
      const request = { ...asked, keys, kind: mode ?? 'manual' } as const;
      const made = await sessions.create(request);
      return reply.status(201).send(sessionAnswer(await sessions.view(made.uid)));
    },
  );
}

const MOVES = {
  start: 'Queues the jobs of a session',
  pause: 'Its waiting jobs wait on',
  resume: 'Its jobs go on',
  cancel: 'Ends its jobs, also the one under way',
  'retry-failed': 'A new session for the keys whose jobs failed',
} as const;

function moveRoutes(server: Server, context: ApiContext): void {
  for (const [name, summary] of Object.entries(MOVES) as [keyof typeof MOVES, string][]) {
    server.post(
      `${BASE}/:id/${name}`,
      { schema: { summary, params: sessionParams, response: { 200: sessionMoved } } },
      async ({ params: { id } }) => {
        await getSession(context, id);
        return move(context, name, id);
      },
    );
  }
}

async function move(
  context: ApiContext,
  name: keyof typeof MOVES,
  id: string,
): Promise<z.input<typeof sessionMoved>> {
  const { sessions } = getTraining(context);
  if (name === 'start' || name === 'retry-failed') {
    const { sessionUid, jobs } =
      name === 'start' ? await sessions.start(id) : await sessions.retryFailed(id);
    const { status } = (await sessions.view(sessionUid)).session;
    const message = `${jobs.length} jobs are in the queue`;
    return { sessionId: sessionUid, jobId: jobs[0]?.uid ?? null, status, message };
  }
  const { status } = (await sessions[name](id)).session;
  return { sessionId: id, jobId: null, status, message: `The session is ${status}` };
}

function jobsRoute(server: Server, context: ApiContext): void {
  const response = { 200: listAnswer('jobs', job) };
  server.get(
    `${BASE}/:id/jobs`,
    {
      schema: {
        summary: 'Jobs of a session, newest first; joined ones belong to another session',
        params: sessionParams,
        querystring: pageQuery,
        response,
      },
    },
    async ({ params, query }) => {
      const found = await getSession(context, params.id);
      const { total, rows } = await context.stores.jobs.listOfSession(found, query);
      const marketIds = await readMarketIds(context, rows[0]?.venue);
      return { total, jobs: rows.map((row) => jobAnswer(row, marketIds)) };
    },
  );
}

function evidenceRoute(server: Server, context: ApiContext): void {
  const response = { 200: listAnswer('evidence', evidence) };
  server.get(
    `${BASE}/:id/evidence`,
    {
      schema: {
        summary: 'What the jobs of a page of the session left; total counts its jobs',
        params: sessionParams,
        querystring: pageQuery,
        response,
      },
    },
    async ({ params, query }) => {
      const found = await getSession(context, params.id);
      const { total, rows } = await context.stores.jobs.listOfSession(found, query);
      const left = [];
      for (const { uid } of rows) left.push(...(await context.stores.evidence.listByJob(uid)));
      return { total, evidence: left.map(evidenceAnswer) };
    },
  );
}

async function getSession({ stores }: ApiContext, uid: string): Promise<TrainingSession> {
  const found = await stores.sessions.find(uid);
  if (found === undefined) throw unknown(uid);
  return found;
}

function unknown(uid: string): Error {
  return notFound(`There is no session ${uid}`, 'id');
}
