import { classifierDirection } from '../../signals/model-signal.js';
import { closeTimeOf } from '../../domain/timeframe.js';
import { iso, keyAnswer, type MarketIds } from '../answers/keys.js';
import type { ApiContext, PredictionView } from '../context/api-context.js';
import { keyQuery, symbolParams } from '../contract/common.js';
import {
  clearedPredictions,
  prediction,
  topPredictions,
  topQuery,
  type PredictionAnswer,
  type TopPrediction,
} from '../contract/predictions.js';
import type { Server } from '../http/new-server.js';
import { readMarketIds, resolveKey, resolveVenue, type NamedKey } from '../context/symbols.js';

/** What models say of the newest candles, through the cache. */
export function predictionRoutes(server: Server, context: ApiContext): void {
  topRoute(server, context);
  oneRoute(server, context);
  server.delete(
    '/api/predictions/cache',
    {
      schema: {
        summary: 'Forgets every kept prediction; they are computed again when they are asked for',
        response: { 200: clearedPredictions },
      },
    },
    async () => ({ cleared: context.predictions.clear() }),
  );
}

function topRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/predictions/top',
    {
      schema: {
        summary: 'The newest predictions with the greatest expected move first',
        querystring: topQuery,
        response: { 200: topPredictions },
      },
    },
    async ({ query }) => {
      const { limit, timeframe, bot } = query;
      const venue = resolveVenue(context, query);
      const { total, rows } = await context.predictions.top({ venue, timeframe, bot }, limit);
      const marketIds = await readMarketIds(context, venue);
      return { total, predictions: rows.map((row) => servedAnswer(row, marketIds)) };
    },
  );
}

function oneRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/predictions/:symbol',
    {
      schema: {
        summary: "The serving model's prediction of the newest candle, or why there is none",
        params: symbolParams,
        querystring: keyQuery.omit({ symbol: true }),
        response: { 200: prediction },
      },
    },
    async ({ params, query }) => {
      const named = await resolveKey(context, { ...query, ...params });
      return predictionAnswer(await context.predictions.find(named.key), named);
    },
  );
}

function predictionAnswer(view: PredictionView, { key, marketId }: NamedKey): PredictionAnswer {
  const marketIds = new Map([[key.symbol, marketId]]);
  if (view.status === 'served') {
    const served = servedAnswer(view, marketIds);
    return { ...served, fallback: false, fallback_reason: null, message: null };
  }
  return {
    ...keyAnswer(key, marketIds),
    prediction: null,
    confidence: null,
    probabilities: null,
    expected_move: null,
    model_uid: null,
    candle_open_time: null,
    as_of: null,
    predicted_at: null,
    stale: false,
    cached: false,
    fallback: true,
    fallback_reason: view.reason,
    message: view.detail,
  };
}

function servedAnswer(
  { prediction: served, isStale, isCached }: Extract<PredictionView, { status: 'served' }>,
  marketIds: MarketIds,
): TopPrediction {
  const { probabilities } = served;
  const direction = probabilities === undefined ? undefined : classifierDirection(probabilities);
  const [sell = 0, hold = 0, buy = 0] = probabilities ?? [];
  return {
    ...keyAnswer(served, marketIds),
    prediction: direction?.prediction ?? null,
    confidence: direction?.confidence ?? null,
    probabilities: probabilities === undefined ? null : { sell, hold, buy },
    expected_move: served.expectedReturn,
    model_uid: served.modelUid,
    candle_open_time: iso(served.candleOpenTime),
    as_of: iso(closeTimeOf(served.candleOpenTime, served.timeframe)),
    predicted_at: iso(served.predictedAt),
    stale: isStale,
    cached: isCached,
  };
}
