import type { ModelKey } from '../../domain/model-key.js';
import type { ModelRecord } from '../../domain/model-record.js';
import { ApiError, notFound } from '../http/answer-errors.js';
import { iso } from '../answers/keys.js';
import type { ApiContext, ModelChange } from '../context/api-context.js';
import { modelKeyAnswer } from '../answers/models.js';
import {
  clearAllParams,
  clearedModels,
  clearParams,
  confirmQuery,
  pinAnswer,
  pinBody,
  rollbackAnswer,
  rollbackBody,
  venueQuery,
} from '../contract/models.js';
import type { Server } from '../http/new-server.js';
import { readMarketIds, resolveKey, resolveModelKey, resolveVenue } from '../context/symbols.js';

/** What a person does to models: clear, roll back, pin. */
export function modelChangeRoutes(server: Server, context: ApiContext): void {
  clearOneRoute(server, context);
  clearSeriesRoute(server, context);
  clearAllRoute(server, context);
  rollbackRoute(server, context);
  pinRoute(server, context);
}

function clearOneRoute(server: Server, context: ApiContext): void {
  server.delete(
    '/api/models/clear/:symbol/:timeframe/:bot_name',
    {
      schema: {
        summary:
          'Deletes the models of one key, archives their records, stops predictions with them',
        params: clearParams,
        querystring: venueQuery,
        response: { 200: clearedModels },
      },
    },
    async ({ params, query }) => {
      const { bot_name: bot, symbol, timeframe } = params;
      const { key } = await resolveModelKey(context, { ...query, symbol, timeframe, bot });
      const cleared = await context.models.clear([key]);
      if (cleared.length > 0) return clearedAnswer(context, key.venue, cleared);
      throw notFound(`${key.symbol} ${timeframe} ${bot} has no model to clear`, 'bot_name');
    },
  );
}

function clearSeriesRoute(server: Server, context: ApiContext): void {
  server.delete(
    '/api/models/clear-all/:symbol/:timeframe',
    {
      schema: {
        summary: 'Deletes the models of all bots of one symbol and timeframe',
        params: clearAllParams,
        querystring: venueQuery,
        response: { 200: clearedModels },
      },
    },
    async ({ params, query }) => {
      const { key } = await resolveKey(context, { ...query, ...params });
      const { venue, symbol, timeframe } = key;
      const keys = (await listKeys(context, venue)).filter(
        (one) => one.symbol === symbol && one.timeframe === timeframe,
      );
      return clearedAnswer(context, venue, await context.models.clear(keys));
    },
  );
}

function clearAllRoute(server: Server, context: ApiContext): void {
  server.delete(
    '/api/models/clear-all',
    {
      schema: {
        summary: 'Deletes every model of the venue; needs confirm=true',
        querystring: confirmQuery,
        response: { 200: clearedModels },
      },
    },
    async ({ query }) => {
      const venue = resolveVenue(context, query);
      const keys = await listKeys(context, venue);
      return clearedAnswer(context, venue, await context.models.clear(keys));
    },
  );
}

function rollbackRoute(server: Server, context: ApiContext): void {
  server.post(
    '/api/models/rollback',
    {
      schema: {
        summary: 'Makes an earlier version serve again; the one that serves goes on if it cannot',
        body: rollbackBody,
        response: { 200: rollbackAnswer },
      },
    },
    async ({ body }) => {
      const { key, marketId } = await resolveModelKey(context, body);
      const { record, before } = done(await context.models.rollback(key, body.model_uid));
      return {
        ...modelKeyAnswer(key, new Map([[key.symbol, marketId]])),
        serving_uid: record.uid,
        replaced_uid: before?.uid ?? null,
        trained_at: iso(record.trainedAt),
      };
    },
  );
}

function pinRoute(server: Server, context: ApiContext): void {
  server.post(
    '/api/models/pin',
    {
      schema: {
        summary:
          'Keeps the serving model in place whatever is trained, or lets it be replaced again',
        body: pinBody,
        response: { 200: pinAnswer },
      },
    },
    async ({ body }) => {
      const { key, marketId } = await resolveModelKey(context, body);
      const { model_uid: modelUid, pinned: isPinned } = body;
      const answer = done(await context.models.pin(key, { isPinned, modelUid }));
      return {
        ...modelKeyAnswer(key, new Map([[key.symbol, marketId]])),
        pinned_uid: answer.modelUid ?? null,
      };
    },
  );
}

function done<T>(answer: ModelChange<T>): T {
  if (answer.status === 'done') return answer;
  if (answer.status === 'missing') throw notFound(answer.reason, 'model_uid');
  throw new ApiError(409, 'conflict', answer.reason, 'model_uid');
}

/** Every key of the venue that was ever trained. */
async function listKeys(context: ApiContext, venue: string): Promise<readonly ModelKey[]> {
  const newest = await context.stores.models.listNewest(venue);
  return newest.map(({ symbol, timeframe, bot }) => ({ venue, symbol, timeframe, bot }));
}

async function clearedAnswer(context: ApiContext, venue: string, cleared: readonly ModelRecord[]) {
  const marketIds = await readMarketIds(context, venue);
  const models = cleared.map((record) => ({
    uid: record.uid,
    ...modelKeyAnswer(record, marketIds),
  }));
  return { cleared: models.length, models };
}
