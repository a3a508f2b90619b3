import type { z } from 'zod';
import { isGlobalBot } from '../../domain/bots.js';
import type { Experiment, Variant } from '../../domain/experiment.js';
import type { TrainingOptions } from '../../training/options/training-options.js';
import { experimentAnswer, reportAnswer } from '../answers/experiments.js';
import type { ApiContext, ApiTraining } from '../context/api-context.js';
import { toBounds } from '../context/symbols.js';
import { getTraining, resolveKeys } from '../context/training-keys.js';
import { listAnswer } from '../contract/common.js';
import {
  experiment,
  experimentBody,
  experimentDetail,
  experimentParams,
  experimentQuery,
} from '../contract/experiments.js';
import { ApiError, badRequest, notFound } from '../http/answer-errors.js';
import type { Server } from '../http/new-server.js';

const BASE = '/api/experiments';

/** Variants of training that are compared on the same candles. */
export function experimentRoutes(server: Server, context: ApiContext): void {
  listRoute(server, context);
  createRoute(server, context);
  server.get(
    `${BASE}/:id`,
    {
      schema: {
        summary: 'One experiment with its report: differences to the control with 95 % intervals',
        params: experimentParams,
        response: { 200: experimentDetail },
      },
    },
    async ({ params }) => {
      const { experiments } = getTraining(context);
      const found = await getExperiment(context, params.id);
      const view = await experiments.view(found);
      return { ...experimentAnswer(view), report: reportAnswer(await experiments.report(found)) };
    },
  );
  server.post(
    `${BASE}/:id/cancel`,
    {
      schema: {
        summary: 'Ends the jobs of an experiment, also those under way; what is scored stays',
        params: experimentParams,
        response: { 200: experiment },
      },
    },
    async ({ params: { id } }) => {
      const { experiments } = getTraining(context);
      const found = await getExperiment(context, id);
      const { status, jobs } = await experiments.view(found);
      if (jobs.open === 0 && status !== 'cancelled') {
        const why = `Experiment ${id} is ${status}: it cannot be cancelled`;
        throw new ApiError(409, 'conflict', why, 'id');
      }
      await experiments.cancel(found);
      return experimentAnswer(await experiments.view(found));
    },
  );
}

function listRoute(server: Server, context: ApiContext): void {
  server.get(
    BASE,
    {
      schema: {
        summary: 'Experiments, newest first',
        querystring: experimentQuery,
        response: { 200: listAnswer('experiments', experiment) },
      },
    },
    async ({ query }) => {
      const { experiments } = getTraining(context);
      const filter = { ...toBounds(query), venue: query.venue };
      const { total, rows } = await context.stores.experiments.list(filter, query);
      const views = [];
      for (const row of rows) views.push(experimentAnswer(await experiments.view(row)));
      return { total, experiments: views };
    },
  );
}

function createRoute(server: Server, context: ApiContext): void {
  server.post(
    BASE,
    {
      schema: {
        summary: 'Queues the jobs of an experiment: each variant, series and seed is one',
        body: experimentBody,
        response: { 201: experiment },
      },
    },
    async ({ body }, reply) => {
      const training = getTraining(context);
      const { name, seeds } = body;
      const bot = body.bot ?? context.findTradingKey()?.bot ?? training.options.bots[0] ?? '';
      if (isGlobalBot(bot)) {
        throw badRequest(
          `bot "${bot}" has one model for all symbols: nothing can be paired`,
          'bot',
        );
      }
      const variants = readVariants(training, body.variants);
      const series = await resolveSeries(context, body, bot);
      const made = await training.experiments.create({ name, bot, series, variants, seeds });
      return reply.status(201).send(experimentAnswer(await training.experiments.view(made)));
    },
  );
}

type Body = z.output<typeof experimentBody>;

/** @throws ApiError for a series of them without candles */
async function resolveSeries(
  context: ApiContext,
  { symbols, timeframes }: Body,
  bot: string,
): Promise<Awaited<ReturnType<typeof resolveKeys>>> {
  const keys = await resolveKeys(context, { symbols, timeframes, bots: [bot] });
  const { options } = getTraining(context);
  const wanted = new Set(timeframes ?? options.timeframes);
  for (const symbol of new Set(keys.map((key) => key.symbol))) {
    for (const timeframe of wanted) {
      if (keys.some((key) => key.symbol === symbol && key.timeframe === timeframe)) continue;
      throw badRequest(`No candles of ${symbol} ${timeframe} are stored: leave it out`, 'symbols');
    }
  }
  return keys;
}

/** @throws ApiError naming the variant and setting that is wrong */
function readVariants(
  training: ApiTraining,
  asked: Body['variants'],
): readonly (Variant & { readonly options: TrainingOptions })[] {
  const names = asked.map(({ name }) => name);
  const double = names.find((name, at) => names.indexOf(name) !== at);
  if (double !== undefined) throw badRequest(`Two variants are named "${double}"`, 'variants');
  const read = asked.map(({ name, settings }, at) => {
    const texts = Object.fromEntries(
      Object.entries(settings).map(([key, value]) => [key, String(value)]),
    );
    const reading = training.readVariant(texts);
    if (reading.status === 'read') return { name, settings: texts, ...reading };
    const place = `variants.${at}.settings`;
    const field = reading.name === undefined ? place : `${place}.${reading.name}`;
    throw badRequest(`Variant "${name}": ${reading.reason}`, field);
  });
  const [control] = read;
  for (const { name, shared } of read) {
    const other = Object.keys(shared).find((key) => shared[key] !== control?.shared[key]);
    if (other === undefined) continue;
    throw badRequest(
      `Variant "${name}" has another ${other} than "${control?.name ?? ''}": it decides which rows are judged, ` +
        'so that variants with another value cannot be compared; give it to all of them or to none',
      'variants',
    );
  }
  return read.map(({ name, settings, options }) => ({ name, settings, options }));
}

async function getExperiment({ stores }: ApiContext, id: string): Promise<Experiment> {
  const found = await stores.experiments.find(id);
  if (found === undefined) throw notFound(`There is no experiment ${id}`, 'id');
  return found;
}
