import path from 'node:path';
import type { BacktestRun } from '../../domain/backtest-run.js';
import { readIfThere } from '../../lib/read-if-there.js';
import { backtestAnswer, backtestDetailAnswer } from '../answers/backtests.js';
import type { ApiContext } from '../context/api-context.js';
import { toBounds } from '../context/symbols.js';
import {
  backtest,
  backtestBody,
  backtestDeleted,
  backtestDetail,
  backtestParams,
  backtestQuery,
  backtestReport,
} from '../contract/backtests.js';
import { listAnswer } from '../contract/common.js';
import { ApiError, badRequest, notFound } from '../http/answer-errors.js';
import type { Server } from '../http/new-server.js';

const BASE = '/api/backtests';

/**
 * A report is one file with its script in it. It runs in an origin of its own: it reads no cookie, calls
 * nothing, and is no part of the dashboard.
 */
const REPORT_POLICY = [
  ...["default-src 'none'", "script-src 'unsafe-inline'", "style-src 'unsafe-inline'"],
  ...["base-uri 'none'", "form-action 'none'", "frame-ancestors 'none'", 'sandbox allow-scripts'],
].join('; ');

/** What was tested on the past: listed, asked for, cancelled, deleted. */
export function backtestRoutes(server: Server, context: ApiContext): void {
  listRoute(server, context);
  createRoute(server, context);
  server.get(
    `${BASE}/:id`,
    {
      schema: {
        summary: 'One backtest with its figures',
        params: backtestParams,
        response: { 200: backtestDetail },
      },
    },
    async ({ params }) => backtestDetailAnswer(await getRun(context, params.id)),
  );
  reportRoute(server, context);
  cancelRoute(server, context);
  deleteRoute(server, context);
}

function listRoute(server: Server, { stores }: ApiContext): void {
  server.get(
    BASE,
    {
      schema: {
        summary: 'Backtests, newest first; from and to are about their start',
        querystring: backtestQuery,
        response: { 200: listAnswer('backtests', backtest) },
      },
    },
    async ({ query }) => {
      const { state, venue, timeframe, bot } = query;
      const filter = { ...toBounds(query), state, venue, timeframe, bot };
      const { total, rows } = await stores.backtests.list(filter, query);
      return { total, backtests: rows.map(backtestAnswer) };
    },
  );
}

function createRoute(server: Server, context: ApiContext): void {
  server.post(
    BASE,
    {
      schema: {
        summary:
          'Begins a backtest over the stored candles, in a process of its own at low priority',
        body: backtestBody,
        response: { 201: backtest },
      },
    },
    async ({ body }, reply) => {
      const { from, to, settings, signals, retrain, symbols, timeframe, bot } = body;
      const answer = await context.backtests.request({
        signals,
        retrain,
        symbols,
        timeframe,
        bot,
        fromMs: from === undefined ? undefined : Date.parse(from),
        toMs: to === undefined ? undefined : Date.parse(to),
        set: Object.fromEntries(
          Object.entries(settings).map(([name, value]) => [name, String(value)]),
        ),
      });
      if (answer.status === 'refused') throw badRequest(answer.reason, answer.field);
      if (answer.status === 'busy') throw new ApiError(409, 'busy', answer.reason);
      return reply.status(201).send(backtestAnswer(await getRun(context, answer.uid)));
    },
  );
}

function reportRoute(server: Server, context: ApiContext): void {
  server.get(
    `${BASE}/:id/report`,
    {
      schema: {
        summary: 'The report of a backtest, one page to look at in a browser',
        params: backtestParams,
        response: { 200: { content: { 'text/html': { schema: backtestReport } } } },
      },
    },
    async ({ params: { id } }, reply) => {
      const { folder } = await getRun(context, id);
      // Whatever a row says: nothing is sent but the report of this run.
      const isOwn = folder !== undefined && path.basename(folder) === id;
      const page = isOwn ? await readIfThere(path.join(folder, 'report.html')) : undefined;
      if (page === undefined) throw notFound(`Backtest ${id} has no report on this machine`, 'id');
      void reply.header('content-security-policy', REPORT_POLICY);
      return reply.type('text/html; charset=utf-8').send(page.toString('utf8'));
    },
  );
}

function cancelRoute(server: Server, context: ApiContext): void {
  server.post(
    `${BASE}/:id/cancel`,
    {
      schema: {
        summary: 'Ends a backtest that runs',
        params: backtestParams,
        response: { 200: backtest },
      },
    },
    async ({ params: { id } }) => {
      const { state } = await getRun(context, id);
      if (!(await context.backtests.cancel(id))) {
        const why = state === 'running' ? 'it runs outside this daemon' : `it is ${state}`;
        throw new ApiError(409, 'conflict', `Backtest ${id} cannot be cancelled: ${why}`, 'id');
      }
      return backtestAnswer(await getRun(context, id));
    },
  );
}

function deleteRoute(server: Server, context: ApiContext): void {
  server.delete(
    `${BASE}/:id`,
    {
      schema: {
        summary: 'Deletes a backtest and its folder; it stays counted as a try on its candles',
        params: backtestParams,
        response: { 200: backtestDeleted },
      },
    },
    async ({ params: { id } }) => {
      const run = await getRun(context, id);
      if (run.state === 'running') {
        throw new ApiError(409, 'conflict', `Backtest ${id} runs: cancel it first`, 'id');
      }
      await context.backtests.delete(run);
      return { id, message: 'The backtest and its folder are deleted' };
    },
  );
}

async function getRun({ stores }: ApiContext, id: string): Promise<BacktestRun> {
  const found = await stores.backtests.find(id);
  if (found === undefined) throw notFound(`There is no backtest ${id}`, 'id');
  return found;
}
