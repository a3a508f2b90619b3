import type { ApiContext } from '../context/api-context.js';
import { accountAnswer } from '../contract/account.js';
import type { Server } from '../http/new-server.js';

/** The account at the exchange. */
export function accountRoutes(server: Server, { readAccount }: ApiContext): void {
  server.get(
    '/api/account',
    {
      schema: {
        summary:
          'Balances, fees and rights of the account at the exchange, a few seconds old at most',
        response: { 200: accountAnswer },
      },
    },
    () => readAccount(),
  );
}
