import { haltAnswer, unsoldAnswer } from '../answers/trading.js';
import type { ApiContext } from '../context/api-context.js';
import {
  closeParams,
  closedPosition,
  haltBody,
  orderedBody,
  tradingHalt,
} from '../contract/trading.js';
import { ApiError, notFound } from '../http/answer-errors.js';
import type { Server } from '../http/new-server.js';

/** What a person orders of trading: halt, resume, close a position. */
export function tradingOrderRoutes(server: Server, { tradingOrders }: ApiContext): void {
  server.post(
    '/api/trading/halt',
    {
      schema: {
        summary: 'Freezes entries until a person resumes; exits go on; sells everything if asked',
        body: haltBody,
        response: { 200: tradingHalt },
      },
    },
    async ({ body: { reason, author, close_all: isCloseAll } }) =>
      haltAnswer(await tradingOrders.halt({ reason, author, isCloseAll })),
  );
  server.post(
    '/api/trading/resume',
    {
      schema: {
        summary: 'Ends every halt and pause of a loss; losses are counted from now on',
        body: orderedBody,
        response: { 200: tradingHalt },
      },
    },
    async ({ body }) => haltAnswer(await tradingOrders.resume(body.author)),
  );
  server.post(
    '/api/positions/:uid/close',
    {
      schema: {
        summary: 'Sells one position',
        params: closeParams,
        body: orderedBody,
        response: { 200: closedPosition },
      },
    },
    async ({ params: { uid }, body }) => {
      const answer = await tradingOrders.closePosition(uid, body.author);
      if (answer.status !== 'done') throw toError(answer);
      const { unsold } = answer;
      return { uid, sold: unsold === undefined, unsold: unsold ? unsoldAnswer(unsold) : null };
    },
  );
}

function toError({
  status,
  reason,
}: {
  readonly status: string;
  readonly reason: string;
}): ApiError {
  if (status === 'missing') return notFound(reason, 'uid');
  return new ApiError(409, 'conflict', reason, 'uid');
}
