import { modelKeyText } from '../../domain/model-key.js';
import { insightAnswer } from '../answers/insight.js';
import { comparedAnswer, modelKeyAnswer, recordAnswer, reportedAnswer } from '../answers/models.js';
import type { ShownAt } from '../answers/models.js';
import type { MarketIds } from '../answers/keys.js';
import type { ApiContext, StoredRecord } from '../context/api-context.js';
import { keyQuery, listAnswer } from '../contract/common.js';
import { modelStatus } from '../contract/model-status.js';
import {
  compareQuery,
  comparison,
  historyQuery,
  insight,
  insightParams,
  report,
  reportQuery,
  trainingRecord,
  type ReportedModelAnswer,
} from '../contract/models.js';
import { notFound } from '../http/answer-errors.js';
import type { Server } from '../http/new-server.js';
import { readMarketIds, resolveFilter, resolveModelKey, resolveVenue } from '../context/symbols.js';
import { ReportedModels } from './reported-models.js';

/** What was trained and what serves; `model-changes.ts` has what a person does about it. */
export function modelRoutes(server: Server, context: ApiContext): void {
  statusRoute(server, context);
  historyRoute(server, context);
  reportRoute(server, context);
  compareRoute(server, context);
  insightRoute(server, context);
}

function statusRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/model/status',
    {
      schema: {
        summary: 'Whether a model serves, why not, and what training is doing',
        querystring: keyQuery,
        response: { 200: modelStatus },
      },
    },
    async (request) => {
      const { asked } = await resolveModelKey(context, request.query);
      return context.modelStatus(asked.key, asked.marketId);
    },
  );
}

function historyRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/models/training-history',
    {
      schema: {
        summary: 'Every training and what became of it, newest first',
        querystring: historyQuery,
        response: { 200: listAnswer('records', trainingRecord) },
      },
    },
    async ({ query }) => {
      const { stage, status } = query;
      const filter = { ...(await resolveFilter(context, query)), stage, status };
      const { total, rows } = await context.stores.models.list(filter, query);
      const shown = shownAt(context, await readMarketIds(context, filter.venue));
      return { total, records: rows.map((row) => recordAnswer(row, shown)) };
    },
  );
}

function reportRoute(server: Server, context: ApiContext): void {
  const reported = new ReportedModels(context);
  server.get(
    '/api/models/report',
    {
      schema: {
        summary: 'One line a key: the model that serves, else what the newest attempt brought',
        querystring: reportQuery,
        response: { 200: report },
      },
    },
    async ({ query }) => {
      const { limit, offset } = query;
      const models = await readReport(context, reported, resolveVenue(context, query));
      return {
        summary: summarize(models),
        total: models.length,
        models: models.slice(offset, offset + limit),
      };
    },
  );
}

async function readReport(
  context: ApiContext,
  reported: ReportedModels,
  venue: string,
): Promise<ReportedModelAnswer[]> {
  const { pins } = context.stores;
  const byKey = new Map<string, StoredRecord[]>();
  for (const record of await reported.list(venue)) {
    const key = modelKeyText(record);
    byKey.set(key, [...(byKey.get(key) ?? []), record]);
  }
  const pinned = new Set((await pins.list(venue)).map(({ modelUid }) => modelUid));
  const shown = shownAt(context, await readMarketIds(context, venue));
  return [...byKey.values()].flatMap((records) => {
    const latest = records.at(-1);
    const record = records.find(({ stage }) => stage === 'serving') ?? latest;
    if (latest === undefined || record === undefined) return [];
    const lastError = latest.status === 'failed' ? latest.errorMessage : undefined;
    return [reportedAnswer(record, shown, { isPinned: pinned.has(record.uid), lastError })];
  });
}

function summarize(models: readonly ReportedModelAnswer[]) {
  const withStatus = (status: string) => models.filter((one) => one.shown_status === status).length;
  const sizes = models.map((one) => (one.model_path === null ? 0 : (one.model_size_mb ?? 0)));
  const [fresh, stale] = [withStatus('Active'), withStatus('Stale')];
  return {
    total_models: fresh + stale,
    fresh_models: fresh,
    stale_models: stale,
    total_size_mb: sizes.reduce((sum, size) => sum + size, 0),
    unique_symbols: new Set(models.map((one) => one.symbol)).size,
    unique_timeframes: new Set(models.map((one) => one.timeframe)).size,
    bot_types: [...new Set(models.map((one) => one.bot_name))].sort(),
  };
}

function compareRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/models/compare',
    {
      schema: {
        summary: 'The versions of one key side by side, newest first',
        querystring: compareQuery,
        response: { 200: comparison },
      },
    },
    async ({ query }) => {
      const { key, asked } = await resolveModelKey(context, query);
      const { rows } = await context.stores.models.list(key, { limit: query.limit, offset: 0 });
      const serving = await context.stores.models.findServing(key);
      const pin = await context.stores.pins.find(key);
      const marketIds = new Map([[asked.key.symbol, asked.marketId]]);
      const shown = shownAt(context, marketIds);
      return {
        ...modelKeyAnswer(asked.key, marketIds),
        model_symbol: key.symbol,
        serving_uid: serving?.uid ?? null,
        versions: rows.map((row) =>
          comparedAnswer(row, shown, { serving, isPinned: pin?.modelUid === row.uid }),
        ),
      };
    },
  );
}

function insightRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/models/insight/:uid',
    {
      schema: {
        summary:
          'What one training found: the features that count, and how right it was when how sure',
        params: insightParams,
        response: { 200: insight },
      },
    },
    async ({ params: { uid } }) => {
      const record = await context.stores.models.find(uid);
      if (record === undefined) throw notFound(`no training left the model "${uid}"`, 'uid');
      return insightAnswer(record, await readMarketIds(context, record.venue));
    },
  );
}

function shownAt({ clock, modelStaleHours }: ApiContext, marketIds: MarketIds): ShownAt {
  return { marketIds, marketMs: clock.marketMs(), staleHours: modelStaleHours };
}
