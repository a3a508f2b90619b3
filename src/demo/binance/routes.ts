import { accountRoutes } from './account-routes.js';
import { depthRoute } from './depth-route.js';
import { emptyRoutes, exchangeInfoRoute, pingRoute, timeRoute } from './general-routes.js';
import { klinesRoute } from './klines-route.js';
import type { Route } from './route.js';
import { bookTickerRoute, dayTickerRoute, priceRoute } from './ticker-routes.js';

/** Every call that the demo answers. */
export const ROUTES: readonly Route[] = [
  pingRoute,
  timeRoute,
  exchangeInfoRoute,
  klinesRoute,
  depthRoute,
  priceRoute,
  bookTickerRoute,
  dayTickerRoute,
  ...emptyRoutes,
  ...accountRoutes,
];
