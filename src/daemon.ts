import { createHash } from 'node:crypto';
import { hostname } from 'node:os';
import type { Settings } from '../config/settings.js';
import { chooseInstruments } from './daemon/choose-instruments.js';
import { entryFreezeOf, type DaemonState } from './daemon/daemon-state.js';
import { placeOf, readInstallationId } from './daemon/installation-id.js';
import { EventPublisher } from './daemon/event-publisher.js';
import { openMarket } from './daemon/open-market.js';
import { openStorage } from './daemon/open-storage.js';
import { tradingRules } from './daemon/module-options.js';
import { serveApi } from './daemon/serve-api.js';
import { Work } from './daemon/work.js';
import type { Clock } from './lib/clock.js';
import { DisposalStack } from './lib/disposal.js';
import { ConfigError, messageOf } from './lib/errors.js';
import { assertDefined } from './lib/invariant.js';
import type { Logger } from './lib/logger.js';
import { SystemClock } from './lib/system-clock.js';
import { newUid } from './lib/uid.js';
import { EventHub } from './monitoring/event-hub.js';
import { LoopWatch } from './monitoring/loop-watch.js';
import { SystemdNotify } from './monitoring/systemd-notify.js';
import { DataDirLock } from './coordination/data-dir-lock.js';
import { DatabaseWatch } from './coordination/database-watch.js';
import { openStores } from './storage/stores.js';
import { PaperBroker } from './trading/paper-broker.js';
import { TradingService } from './trading/trading-service.js';

export interface DaemonOptions {
  readonly logger: Logger;
  readonly version: string;
  /** What systemd put into the environment. */
  readonly supervisor?: {
    readonly socket?: string | undefined;
    readonly watchdogUsec?: string | undefined;
  };
  /** The whole environment of the processes that train. */
  readonly trainerEnvironment: Readonly<Record<string, string>>;
  readonly clock?: Clock;
}

export interface Daemon {
  /**
   * Runs until the signal aborts, then releases everything in reverse.
   * @throws ConfigError when a person must mend something first
   */
  run(signal: AbortSignal): Promise<void>;
}

/** Silence of the cycles after which the daemon counts as stuck, in cycles and at least. */
const STUCK_AFTER_CYCLES = 5;
const STUCK_AFTER_MS = 60_000;
const LEASE_LOOK_MS = 1000;

/** The only wiring: from settings to a daemon, in the order in which things begin. */
export function createDaemon(settings: Settings, options: DaemonOptions): Daemon {
  return { run: (signal) => run(settings, options, signal) };
}

async function run(settings: Settings, options: DaemonOptions, signal: AbortSignal): Promise<void> {
  const { logger } = options;
  if (settings.tradingMode === 'live') {
    throw new ConfigError('TRADING_MODE=live is not built yet; leave it out to trade on paper');
  }
  const stack = new DisposalStack(logger);
  try {
    const state = await openState(settings, options, { stack, signal });
    const supervisor = stack.use('supervisor', createSupervisor(state, options));
    const address = await serveApi(state, { stack, logger });
    logger.info(`Page and API at ${address}`, { run: state.runUid, version: options.version });
    await supervisor.ready(`serving at ${address}`);
    stack.defer('state', () => {
      state.isStopping = true;
      state.database.failFast();
    });
    await trade(state, { stack, logger, signal });
  } catch (error) {
    if (!signal.aborted || error instanceof ConfigError) throw error;
    logger.debug('Stopped while starting', { reason: messageOf(error) });
  } finally {
    await stack.stop();
    logger.info('Stopped');
  }
}

/** Data folder, database, run: what everything else stands on. */
async function openState(
  settings: Settings,
  { logger, version, trainerEnvironment, clock = new SystemClock() }: DaemonOptions,
  { stack, signal }: { readonly stack: DisposalStack; readonly signal: AbortSignal },
): Promise<DaemonState> {
  const startedAt = clock.wallMs();
  const host = hostname();
  const lock = stack.use('data folder', new DataDirLock(settings.dataDir));
  lock.acquire({ pid: process.pid, host, startedAt: new Date(startedAt).toISOString() });
  const installation = readInstallationId(settings.dataDir, { wallMs: startedAt, logger });
  // Another installation on this machine may share the database, and its run be well alive.
  // A copied folder has the same id, so host and path tell the copies apart.
  const place = placeOf({ host, dataDir: settings.dataDir, installation });
  const storage = await openStorage(settings, { clock, logger, signal });
  const { database } = storage;
  stack.defer('database', () => database.close());
  const stores = openStores(database, clock);
  const runUid = newUid(startedAt);
  const crashed = await stores.runs.markCrashed(runUid, place);
  if (crashed > 0) logger.warn('The last run ended without a stop; taking up what it left');
  const settingsHash = createHash('sha256').update(JSON.stringify(settings)).digest('hex');
  const venue = settings.exchange;
  await stores.runs.begin({
    uid: runUid,
    version,
    settingsHash,
    venue,
    startedAt,
    pid: process.pid,
    host: place,
  });
  stack.defer('run', () =>
    stores.runs.end(runUid, { endedAt: clock.wallMs(), exitReason: 'stopped' }),
  );
  const databaseWatch = stack.use(
    'database watch',
    new DatabaseWatch({ database, runUid, clock, logger }),
  );
  if (database.engine === 'mysql') databaseWatch.start();
  const limitMs = Math.max(
    STUCK_AFTER_MS,
    STUCK_AFTER_CYCLES * settings.analysisIntervalSec * 1000,
  );
  const loopWatch = stack.use('loop watch', new LoopWatch(clock, limitMs));
  loopWatch.start();
  const events = stack.use('events', new EventHub({ clock, runUid }));
  // Listeners are sent away at once: closing their connections must not wait for the modules.
  signal.addEventListener('abort', () => events.stop(), { once: true });
  return {
    ...{ settings, version, runUid, place, startedAt },
    ...{ wallClock: clock, trainerEnvironment },
    ...{ ...storage, databaseWatch, stores, loopWatch, events, isStopping: false },
  };
}

interface TradeOptions {
  readonly stack: DisposalStack;
  readonly logger: Logger;
  readonly signal: AbortSignal;
}

/** Waits for the exchange, then works whenever this daemon holds the lease. */
async function trade(state: DaemonState, { stack, logger, signal }: TradeOptions): Promise<void> {
  const { settings, wallClock: clock } = state;
  state.market = await openMarket(settings, { clock, logger, stack });
  await state.market.data.start(signal);
  state.instruments = chooseInstruments(settings, state.market.data);
  for (const reason of state.instruments.refused) logger.error(`Left out: ${reason}`);
  state.publisher = stack.use('event publisher', createPublisher(state, logger));
  state.trading = stack.use('trading', createTrading(state, logger));
  await state.trading.start();
  while (!signal.aborted) {
    if (state.trading.status().state === 'active') await workWhileActive(state, logger, signal);
    else await clock.sleep(LEASE_LOOK_MS, signal).catch(() => undefined);
  }
}

/** Losing the lease ends the work: another daemon does it now. */
async function workWhileActive(
  state: DaemonState,
  logger: Logger,
  signal: AbortSignal,
): Promise<void> {
  const { database, stores, loopWatch, runUid, settings, wallClock, trainerEnvironment } = state;
  const market = assertDefined(state.market, 'market');
  const instruments = assertDefined(state.instruments, 'instruments');
  const trading = assertDefined(state.trading, 'trading');
  const work = new Work({
    ...{ settings, market, instruments, database, stores, trading, loopWatch, runUid, logger },
    ...{ trainerEnvironment, publisher: assertDefined(state.publisher, 'publisher') },
  });
  // The cycles begin now: silence until here was standing by, not standing still.
  loopWatch.start();
  state.work = work;
  try {
    await work.start();
    while (!signal.aborted && trading.status().state === 'active') {
      await wallClock.sleep(LEASE_LOOK_MS, signal).catch(() => undefined);
    }
  } finally {
    state.isStopping = signal.aborted;
    await work.stop();
    state.work = undefined;
  }
}

function createTrading(state: DaemonState, logger: Logger): TradingService {
  const { settings, stores, place: holder } = state;
  const market = assertDefined(state.market, 'market');
  const instruments = assertDefined(state.instruments, 'instruments');
  const rules = tradingRules(settings, { market, instruments });
  const bySymbol = new Map(instruments.all.map((instrument) => [instrument.symbol, instrument]));
  return new TradingService({
    ...{ rules, logger, stores, clock: market.data.clock, holder },
    broker: new PaperBroker(rules),
    findInstrument: (symbol) => bySymbol.get(symbol),
    findEntryFreeze: () => entryFreezeOf(state),
    onStored: (entry) => state.publisher?.ledgerEntry(entry),
  });
}

function createPublisher(state: DaemonState, logger: Logger): EventPublisher {
  const { events: hub, wallClock: clock } = state;
  const { all: instruments } = assertDefined(state.instruments, 'instruments');
  const sessions = () => state.work?.training.sessions;
  return new EventPublisher({ hub, instruments, clock, logger, sessions });
}

function createSupervisor(
  state: DaemonState,
  { supervisor, logger }: DaemonOptions,
): SystemdNotify {
  const usec = Number(supervisor?.watchdogUsec);
  return new SystemdNotify({
    socket: supervisor?.socket,
    watchdogMs: usec > 0 ? usec / 1000 : undefined,
    ...{ clock: state.wallClock, logger },
    isAlive: () => state.work === undefined || state.loopWatch.isAlive(),
  });
}
