import type { EffectiveSetting } from '../../../config/effective-settings.js';
import type { ApiContext, ApiTraining } from '../../api/context/api-context.js';
import { ApiError } from '../../api/http/answer-errors.js';
import { addRoutes } from '../../api/routes.js';
import { SeriesNames } from '../../api/context/series-names.js';
import { createServer, listen } from '../../api/server.js';
import { noteApiAddress } from '../../coordination/data-dir-lock.js';
import type { ChildEnvironments } from '../../lib/child-environments.js';
import type { DisposalStack } from '../../lib/disposal.js';
import type { LogTail } from '../../lib/log-tail.js';
import { EventHub } from '../../monitoring/event-hub.js';
import { BacktestJobs } from '../backtests/backtest-jobs.js';
import { censusReader, createHealthReporter } from '../health/health-table.js';
import { PROJECT_DIR } from '../project-dir.js';
import { clockOf, type Base, type DaemonPhase, type ReadPhase } from '../phases.js';
import { accountView } from './account-view.js';
import { createMetrics } from './metrics.js';
import { modelChanges } from './model-changes.js';
import { modelStatusView } from './model-status-view.js';
import { predictionView } from './prediction-view.js';
import { dataRepairView } from './data-repair.js';
import { qualityView } from './quality-view.js';
import { tradingOrders } from './trading-orders.js';
import { readVariant } from './read-variant.js';
import { statusView } from './status-view.js';
import { tellPeople } from './tell-people.js';

export interface ServeTools {
  readonly readPhase: ReadPhase;
  readonly stack: DisposalStack;
  readonly role: 'daemon' | 'collect' | 'train';
  readonly effectiveSettings: readonly EffectiveSetting[];
  readonly logTail: LogTail;
  readonly childEnvironments: ChildEnvironments;
}

/** Serves API and page in every phase, from the first moment on. @returns the address */
export async function serveApi(base: Base, tools: ServeTools): Promise<string> {
  const { readPhase, stack, role, effectiveSettings, logTail } = tools;
  const { settings, version, logger, stores, wallClock, events, quietTurns } = base;
  const { apiHost: host, apiPort: port, apiToken: token, dataDir } = settings;
  const options = { host, port, token, version, logger, clock: wallClock, quietTurns };
  const server = await createServer(options);
  const readCensus = censusReader(readPhase);
  const health = stack.use('health', createHealthReporter(readPhase, readCensus));
  health.start();
  const backtests = stack.use('backtests', createBacktests(base, tools));
  await backtests.start();
  const sources = { readHealth: health.read, readCensus };
  if (role === 'daemon') await tellPeople(base, { ...sources, readPhase, stack });
  const context: ApiContext = {
    stores,
    names: new SeriesNames({ series: stores.series, clock: wallClock }),
    get clock() {
      return clockOf(readPhase());
    },
    metrics: createMetrics(readPhase, sources),
    findTradingKey: () => {
      const phase = readPhase();
      return 'options' in phase ? phase.options.tradingKey : undefined;
    },
    modelStaleHours: settings.modelStaleHours,
    status: statusView(readPhase, sources),
    modelStatus: (key, marketId) => modelStatusView(readPhase(), key, marketId),
    models: modelChanges(() => {
      const phase = readPhase();
      return phase.name === 'active' ? phase : undefined;
    }),
    tradingOrders: tradingOrders(readPhase),
    findQuote: ({ venue, symbol }) => {
      const phase = readPhase();
      const quote = 'trading' in phase ? phase.trading.findQuote(symbol) : undefined;
      return quote?.venue === venue ? quote : undefined;
    },
    readAccount: accountView(readPhase),
    predictions: predictionView(readPhase),
    findLookalikes: async (question) => {
      const phase = readPhase();
      if (phase.name === 'active') return phase.lookalikes.find(question);
      throw new ApiError(
        503,
        'standing_by',
        'This daemon keeps no windows: it starts, or stands by',
      );
    },
    events,
    logs: {
      list: (filter, limit) => logTail.list(filter, limit),
      stream: publishLog(base, logTail),
    },
    settings: effectiveSettings,
    training: () => findTraining(readPhase()),
    health: health.read,
    dataQuality: qualityView({ settings, stores, wallClock }, readPhase),
    dataRepair: dataRepairView(readPhase),
    backtests,
  };
  addRoutes(server, context, PROJECT_DIR);
  stack.defer('api', () => server.close());
  const address = await listen(server, options);
  // What a command serves is for itself alone.
  if (role === 'daemon') noteApiAddress(dataDir, address);
  return address;
}

/** Each line of the log as an event. Listeners are disconnected as soon as the daemon begins to stop. */
function publishLog({ wallClock: clock, runUid, stopping }: Base, logTail: LogTail): EventHub {
  const hub = new EventHub({ clock, runUid });
  stopping.addEventListener('abort', () => hub.stop(), { once: true });
  logTail.follow((line) => hub.publish('log', line));
  return hub;
}

function createBacktests(base: Base, { readPhase, childEnvironments }: ServeTools): BacktestJobs {
  return new BacktestJobs({
    ...base,
    childEnvironments,
    findVenue: () => {
      const phase = readPhase();
      return phase.name === 'starting' ? undefined : phase.market.data.venue;
    },
  });
}

function findTraining(phase: DaemonPhase): ApiTraining | undefined {
  if (!('training' in phase) || phase.stopping.aborted) return undefined;
  const { settings, instruments } = phase;
  const { sessions, queue, experiments, shadows, options } = phase.training;
  const basis = { settings, instruments, venue: options.venue };
  return {
    sessions,
    queue,
    experiments,
    shadows,
    options,
    readVariant: (changes) => readVariant(basis, changes),
  };
}
