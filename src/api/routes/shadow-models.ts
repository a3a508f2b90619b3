import { isGlobalBot } from '../../domain/bots.js';
import type { ShadowAnswerTo } from '../../training/experiments/shadow-models.js';
import { iso } from '../answers/keys.js';
import { shadowAnswer } from '../answers/shadow-models.js';
import type { ApiContext } from '../context/api-context.js';
import { readMarketIds, resolveFilter, resolveKey } from '../context/symbols.js';
import { getTraining } from '../context/training-keys.js';
import { listAnswer } from '../contract/common.js';
import {
  shadowBody,
  shadowModel,
  shadowParams,
  shadowPromoted,
  shadowQuery,
  type ShadowModelAnswer,
} from '../contract/shadow-models.js';
import { ApiError, badRequest, notFound } from '../http/answer-errors.js';
import type { Server } from '../http/new-server.js';

const BASE = '/api/models/shadow';

/** Variants' models that answer beside the serving ones: made, compared, promoted, removed. */
export function shadowModelRoutes(server: Server, context: ApiContext): void {
  server.get(
    BASE,
    {
      schema: {
        summary: 'Shadow models, newest first, with their live scores beside the serving models’',
        querystring: shadowQuery,
        response: { 200: listAnswer('shadows', shadowModel) },
      },
    },
    async ({ query }) => {
      const { shadows } = getTraining(context);
      const { venue, symbol, timeframe, bot } = await resolveFilter(context, query);
      const filter = { venue, symbol, timeframe, bot, status: query.status };
      const { total, rows } = await shadows.list(filter, query);
      const marketIds = await readMarketIds(context, venue);
      return { total, shadows: rows.map((row) => shadowAnswer(row, marketIds)) };
    },
  );
  createRoute(server, context);
  server.post(
    `${BASE}/:id/promote`,
    {
      schema: {
        summary: 'Makes a shadow model serve, if the gate let it pass; pins are heeded',
        params: shadowParams,
        response: { 200: shadowPromoted },
      },
    },
    async ({ params: { id } }) => {
      const { record } = done(await getTraining(context).shadows.promote(id));
      return { id, serving_uid: record.uid, trained_at: iso(record.trainedAt) };
    },
  );
  server.delete(
    `${BASE}/:id`,
    {
      schema: {
        summary: 'Ends a shadow model and deletes its files; what it said stays',
        params: shadowParams,
        response: { 200: shadowModel },
      },
    },
    async ({ params: { id } }) => {
      done(await getTraining(context).shadows.remove(id));
      return showShadow(context, id);
    },
  );
}

function createRoute(server: Server, context: ApiContext): void {
  server.post(
    BASE,
    {
      schema: {
        summary:
          'Trains the model of a variant on the newest candles and lets it answer live, advisory only',
        body: shadowBody,
        response: { 201: shadowModel },
      },
    },
    async ({ body }, reply) => {
      const { experiment: id, variant, ...asked } = body;
      const { shadows } = getTraining(context);
      const { key } = await resolveKey(context, asked);
      if (isGlobalBot(key.bot)) {
        throw badRequest(`bot "${key.bot}" has one model for all symbols`, 'bot');
      }
      const experiment = await context.stores.experiments.find(id);
      if (experiment === undefined) throw notFound(`There is no experiment ${id}`, 'experiment');
      if (!experiment.variants.some(({ name }) => name === variant)) {
        const names = experiment.variants.map(({ name }) => name).join(', ');
        throw badRequest(
          `Experiment ${id} has no variant "${variant}"; it has ${names}`,
          'variant',
        );
      }
      const { shadow } = done(await shadows.create({ key, experiment, variant }));
      return reply.status(201).send(await showShadow(context, shadow.uid));
    },
  );
}

async function showShadow(context: ApiContext, id: string): Promise<ShadowModelAnswer> {
  const view = await getTraining(context).shadows.find(id);
  if (view === undefined) throw notFound(`There is no shadow model ${id}`, 'id');
  return shadowAnswer(view, await readMarketIds(context, view.shadow.venue));
}

function done<T>(answer: ShadowAnswerTo<T>): T {
  if (answer.status === 'done') return answer;
  if (answer.status === 'missing') throw notFound(answer.reason, 'id');
  throw new ApiError(409, 'conflict', answer.reason, null);
}
