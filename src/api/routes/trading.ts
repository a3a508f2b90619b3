import {
  equityAnswer,
  type MarketNow,
  orderAnswer,
  positionAnswer,
  reconciliationAnswer,
  tradeAnswer,
} from '../answers/trading.js';
import { reasonGroups } from '../answers/reason-groups.js';
import { decisionAnswer } from '../answers/signals.js';
import { iso } from '../answers/keys.js';
import type { Timeframe } from '../../domain/timeframe.js';
import { isHeld, type Position } from '../../domain/trade.js';
import type { ApiContext } from '../context/api-context.js';
import { readMarketIds, resolveFilter, resolveVenue } from '../context/symbols.js';
import { listAnswer } from '../contract/common.js';
import { decision, decisionQuery, decisionReasons, reasonQuery } from '../contract/signals.js';
import {
  equityPoint,
  equityQuery,
  order,
  orderQuery,
  position,
  positionQuery,
  reconciliation,
  reconciliationQuery,
  trade,
  tradeQuery,
} from '../contract/trading.js';
import type { Server } from '../http/new-server.js';

const DAY_MS = 86_400_000;

/** Decisions and books: lists, newest first. */
export function tradingRoutes(server: Server, context: ApiContext): void {
  decisionRoute(server, context);
  decisionReasonsRoute(server, context);
  positionRoute(server, context);
  orderRoute(server, context);
  tradeRoute(server, context);
  equityRoute(server, context);
  reconciliationRoute(server, context);
}

function decisionRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/decisions',
    {
      schema: {
        summary: 'Verdicts on signals with their reasons, newest first',
        querystring: decisionQuery,
        response: { 200: listAnswer('decisions', decision) },
      },
    },
    async ({ query }) => {
      const { stores } = context;
      const filter = { ...(await resolveFilter(context, query)), action: query.action };
      const { total, rows } = await stores.decisions.list(filter, query);
      const marketIds = await readMarketIds(context, filter.venue);
      const signals = await stores.signals.findMany(rows.map(({ signalUid }) => signalUid));
      const bySignal = new Map(signals.map((signal) => [signal.uid, signal]));
      const decisions = rows.map((row) =>
        decisionAnswer(row, bySignal.get(row.signalUid), marketIds),
      );
      return { total, decisions };
    },
  );
}

function decisionReasonsRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/decisions/reasons',
    {
      schema: {
        summary: 'Why it did or did not trade: decisions counted by their reasons',
        querystring: reasonQuery,
        response: { 200: decisionReasons },
      },
    },
    async ({ query }) => {
      const venue = resolveVenue(context, query);
      const from =
        query.from === undefined ? context.clock.marketMs() - DAY_MS : Date.parse(query.from);
      const groups = reasonGroups(await context.stores.decisions.countByReason({ venue, from }));
      const total = groups.reduce((sum, { decisions }) => sum + decisions, 0);
      return { from: iso(from), total, groups };
    },
  );
}

function positionRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/positions',
    {
      schema: {
        summary: 'Positions, newest first; from and to are about their opening',
        querystring: positionQuery,
        response: { 200: listAnswer('positions', position) },
      },
    },
    async ({ query }) => {
      const filter = { ...(await resolveFilter(context, query)), status: query.status };
      const { total, rows } = await context.stores.positions.list(filter, query);
      const marketIds = await readMarketIds(context, filter.venue);
      const positions = rows.map(async (row) =>
        positionAnswer(row, marketIds, isHeld(row) ? await readMarket(context, row) : {}),
      );
      return { total, positions: await Promise.all(positions) };
    },
  );
}

/** What a position is worth beside its entry. */
async function readMarket(
  { stores, findQuote }: ApiContext,
  { venue, symbol, timeframe }: Position,
): Promise<MarketNow> {
  const quote = findQuote({ venue, symbol });
  const key = { venue, symbol, timeframe: timeframe as Timeframe };
  const series = await stores.series.find(key);
  if (series === undefined) return { quote };
  const [newest] = await stores.candles.latest(series.id, 1, {});
  return { quote, newestClose: newest?.close };
}

function orderRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/orders',
    {
      schema: {
        summary: 'Orders, newest first; from and to are about their intent',
        querystring: orderQuery,
        response: { 200: listAnswer('orders', order) },
      },
    },
    async ({ query }) => {
      const { status, side } = query;
      const filter = { ...(await resolveFilter(context, query)), status, side };
      const { total, rows } = await context.stores.orders.list(filter, query);
      const marketIds = await readMarketIds(context, filter.venue);
      return { total, orders: rows.map((row) => orderAnswer(row, marketIds)) };
    },
  );
}

function tradeRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/trades',
    {
      schema: {
        summary: 'Fills, newest first',
        querystring: tradeQuery,
        response: { 200: listAnswer('trades', trade) },
      },
    },
    async ({ query }) => {
      const filter = { ...(await resolveFilter(context, query)), side: query.side };
      const { total, rows } = await context.stores.fills.list(filter, query);
      const marketIds = await readMarketIds(context, filter.venue);
      return { total, trades: rows.map((row) => tradeAnswer(row, marketIds)) };
    },
  );
}

function equityRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/equity',
    {
      schema: {
        summary: 'Value of the books over time, newest first',
        querystring: equityQuery,
        response: { 200: listAnswer('equity', equityPoint) },
      },
    },
    async ({ query }) => {
      const filter = await resolveFilter(context, query);
      const { total, rows } = await context.stores.equity.list(filter, query);
      return { total, equity: rows.map(equityAnswer) };
    },
  );
}

function reconciliationRoute(server: Server, context: ApiContext): void {
  server.get(
    '/api/reconciliations',
    {
      schema: {
        summary: 'Comparisons of the books with the account at the exchange, newest first',
        querystring: reconciliationQuery,
        response: { 200: listAnswer('reconciliations', reconciliation) },
      },
    },
    async ({ query }) => {
      const filter = await resolveFilter(context, query);
      const { total, rows } = await context.stores.reconciliations.list(filter, query);
      return { total, reconciliations: rows.map(reconciliationAnswer) };
    },
  );
}
