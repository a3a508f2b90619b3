import { isFileVenue } from '../../domain/market.js';
import type { LookalikeOutcome, LookalikeQuestion } from '../../lookalikes/lookalikes.js';
import type { MarketIds } from '../answers/keys.js';
import { lookalikesAnswer } from '../answers/lookalikes.js';
import type { ApiContext } from '../context/api-context.js';
import { readMarketIds, resolveKey } from '../context/symbols.js';
import { symbolParams } from '../contract/common.js';
import { lookalikeAnswer, lookalikeQuery } from '../contract/lookalikes.js';
import { badRequest, notFound } from '../http/answer-errors.js';
import type { Server } from '../http/new-server.js';

/** Which past windows resemble one, and what followed. */
export function lookalikeRoutes(server: Server, context: ApiContext): void {
  server.get(
    '/api/lookalikes/:symbol',
    {
      schema: {
        summary: 'Past windows that resemble the newest one, and what followed them; no signal',
        params: symbolParams,
        querystring: lookalikeQuery,
        response: { 200: lookalikeAnswer },
      },
    },
    async ({ params, query }) => {
      const { k: count, scope, at, timeframe, venue } = query;
      const { key } = await resolveKey(context, { ...params, timeframe, venue });
      if (isFileVenue(key.venue)) {
        throw badRequest('Items from files have no regular bars, so no windows', 'venue');
      }
      const series = await context.stores.series.find(key);
      if (series === undefined)
        throw notFound(`No ${key.timeframe} candles are stored`, 'timeframe');
      const openTime = at === undefined ? undefined : Date.parse(at);
      const question = { key: series, count, scope, openTime };
      return answerOf(context, question, await readMarketIds(context, key.venue));
    },
  );
}

async function answerOf(
  context: ApiContext,
  question: LookalikeQuestion,
  marketIds: MarketIds,
): Promise<ReturnType<typeof lookalikesAnswer>> {
  const outcome: LookalikeOutcome = await context.findLookalikes(question);
  if (outcome.status === 'too_late') {
    throw badRequest('That bar has not closed, or its windows are not computed yet', 'at');
  }
  return lookalikesAnswer(question, outcome, marketIds);
}
