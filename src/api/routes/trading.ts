import type { z } from 'zod';
import { decisionAnswer } from '../answers/signals.js';
import { equityAnswer, orderAnswer, positionAnswer, tradeAnswer } from '../answers/trading.js';
import type { MarketIds } from '../answers/keys.js';
import type { ApiContext, BookFilter, Page, Paged } from '../context/api-context.js';
import { decision } from '../contract/signals.js';
import { equityPoint, order, position, trade } from '../contract/trading.js';
import { listAnswer, listQuery } from '../contract/common.js';
import type { Server } from '../http/new-server.js';
import { readMarketIds, resolveFilter } from '../context/symbols.js';

export function tradingRoutes(server: Server, context: ApiContext): void {
  const { positions, orders, fills, equity } = context.stores;
  decisionRoute(server, context);
  bookRoute(server, context, {
    name: 'positions',
    summary: 'Positions, newest first',
    item: position,
    list: positions.list.bind(positions),
    toAnswer: positionAnswer,
  });
  bookRoute(server, context, {
    name: 'orders',
    summary: 'Orders, newest first',
    item: order,
    list: orders.list.bind(orders),
    toAnswer: orderAnswer,
  });
  bookRoute(server, context, {
    name: 'trades',
    summary: 'Fills, newest first',
    item: trade,
    list: fills.list.bind(fills),
    toAnswer: tradeAnswer,
  });
  bookRoute(server, context, {
    name: 'equity',
    summary: 'Value of the books over time, newest first',
    item: equityPoint,
    list: equity.list.bind(equity),
    toAnswer: equityAnswer,
  });
}

function decisionRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/decisions',
    {
      schema: {
        summary: 'Verdicts on signals with their reasons, newest first',
        querystring: listQuery,
        response: { 200: listAnswer('decisions', decision) },
      },
    },
    async ({ query }) => {
      const filter = await resolveFilter(context, query);
      const { total, rows } = await context.stores.decisions.list(filter, query);
      const marketIds = await readMarketIds(context, filter.venue);
      const signals = await context.stores.signals.findMany(rows.map(({ signalUid }) => signalUid));
      const bySignal = new Map(signals.map((signal) => [signal.uid, signal]));
      const answers = rows.map((row) =>
        decisionAnswer(row, bySignal.get(row.signalUid), marketIds),
      );
      return { total, decisions: answers };
    },
  );
}

interface BookList<T, Item extends z.ZodType> {
  /** Last part of the path, and the field of the answer that holds the rows. */
  readonly name: string;
  readonly summary: string;
  readonly item: Item;
  readonly list: (filter: BookFilter, page: Page) => Promise<Paged<T>>;
  readonly toAnswer: (row: T, marketIds: MarketIds) => z.input<Item>;
}

const bookQuery = listQuery.pick({ symbol: true, venue: true, limit: true, offset: true });

function bookRoute<T, Item extends z.ZodType>(
  server: Server,
  context: ApiContext,
  { name, summary, item, list, toAnswer }: BookList<T, Item>,
): void {
  const answer: z.ZodType = listAnswer(name, item);
  server.get(
    `/api/${name}`,
    { schema: { summary, querystring: bookQuery, response: { 200: answer } } },
    async (request, reply) => {
      const query = bookQuery.parse(request.query);
      const filter = await resolveFilter(context, query);
      const { venue, symbol } = filter;
      const { total, rows } = await list({ venue, symbol }, query);
      const marketIds = await readMarketIds(context, venue);
      return reply.send({ total, [name]: rows.map((row) => toAnswer(row, marketIds)) });
    },
  );
}
