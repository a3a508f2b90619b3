import type { ApiTraining } from '../api/api-context.js';
import { addRoutes } from '../api/routes.js';
import { SeriesNames } from '../api/series-names.js';
import { createServer, listen } from '../api/server.js';
import type { ModelKey } from '../domain/model-key.js';
import type { DisposalStack } from '../lib/disposal.js';
import type { Logger } from '../lib/logger.js';
import { checkHealth } from '../monitoring/health.js';
import { noteApiAddress } from '../coordination/data-dir-lock.js';
import { clockOf, type DaemonState } from './daemon-state.js';
import { healthProbes } from './views/health-probes.js';
import { createMetrics } from './views/metrics.js';
import { modelChanges } from './views/model-changes.js';
import { modelStatusView } from './views/model-status-view.js';
import { trainingOptions } from './module-options.js';
import { predictionView } from './views/prediction-view.js';
import { statusView } from './views/status-view.js';
import { PROJECT_DIR } from './project-dir.js';

/** Serves API and page from the first moment on, and gives the address. */
export async function serveApi(
  state: DaemonState,
  { stack, logger }: { readonly stack: DisposalStack; readonly logger: Logger },
): Promise<string> {
  const { settings, version } = state;
  const options = {
    ...{ host: settings.apiHost, port: settings.apiPort, token: settings.apiToken },
    ...{ version, logger },
  };
  const server = await createServer(options);
  const metrics = createMetrics(state);
  const probes = healthProbes(state);
  const context = {
    ...{ stores: state.stores, metrics },
    modelStaleHours: settings.modelStaleHours,
    names: new SeriesNames({ series: state.stores.series, clock: state.wallClock }),
    get clock() {
      return clockOf(state);
    },
    findTradingKey: () => findTradingKey(state),
    status: statusView(state),
    modelStatus: (key: ModelKey, marketId: string) => modelStatusView(state, key, marketId),
    models: modelChanges(
      () => state.work?.registry,
      async (key) => state.work?.training.queue.cancelKey(key),
    ),
    ...{ predictions: predictionView(state), events: state.events },
    training: () => findTraining(state),
    health: () => checkHealth(probes),
  };
  addRoutes(server, context, PROJECT_DIR);
  stack.defer('api', () => server.close());
  const address = await listen(server, options);
  noteApiAddress(settings.dataDir, address);
  return address;
}

function findTraining(state: DaemonState): ApiTraining | undefined {
  const { work, market, instruments, settings, isStopping } = state;
  if (work === undefined || market === undefined || instruments === undefined || isStopping) {
    return undefined;
  }
  const { sessions, queue } = work.training;
  return { sessions, queue, options: trainingOptions(settings, { market, instruments }) };
}

function findTradingKey({ market, instruments }: DaemonState): ModelKey | undefined {
  if (market === undefined || instruments === undefined) return undefined;
  return {
    venue: market.data.venue,
    symbol: instruments.primary.symbol,
    timeframe: instruments.tradeTimeframe,
    bot: instruments.tradeBot,
  };
}
