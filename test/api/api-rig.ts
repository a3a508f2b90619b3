import { fileURLToPath } from 'node:url';
import { Registry } from 'prom-client';
import type {
  ApiContext,
  ApiPredictions,
  ApiTraining,
  DataRepair,
  TradingOrders,
} from '../../src/api/context/api-context.js';
import type { BacktestRequests } from '../../src/api/context/backtests.js';
import type { ModelStatusAnswer } from '../../src/api/contract/model-status.js';
import type { StatusAnswer } from '../../src/api/contract/status.js';
import { keyAnswer } from '../../src/api/answers/keys.js';
import type { Server } from '../../src/api/http/new-server.js';
import { SeriesNames } from '../../src/api/context/series-names.js';
import { addRoutes } from '../../src/api/routes.js';
import { createServer } from '../../src/api/server.js';
import type { DaemonPhase } from '../../src/daemon/phases.js';
import { tradingOrders } from '../../src/daemon/views/trading-orders.js';
import { modelChanges } from '../../src/daemon/views/model-changes.js';
import { ModelRegistry } from '../../src/models/model-registry.js';
import { EventHub } from '../../src/monitoring/event-hub.js';
import { LogTail } from '../../src/lib/log-tail.js';
import type { Health } from '../../src/monitoring/health.js';
import { assessQuality } from '../../src/quality/quality-report.js';
import type { Stores } from '../../src/storage/stores.js';
import { TrainingQueue } from '../../src/training/queue/training-queue.js';
import { TrainingSessions } from '../../src/training/queue/training-sessions.js';
import { fixedClock } from '../storage/fixed-clock.js';
import { LogKeeper } from '../demo/demo-fixture.js';
import {
  aCandle,
  aDecision,
  aFallbackSignal,
  aFill,
  aModelSignal,
  anOrder,
  aPosition,
  BOOK,
  HOUR_MS,
  KEY,
  SERIES_KEY,
  START_MS,
} from '../storage/rows.js';
import { modelKeyFor } from '../../src/domain/bots.js';
import { readSettings } from '../../config/read-settings.js';
import { toTrainingOptions } from '../../src/daemon/to-training-options.js';
import { readVariant, type VariantBasis } from '../../src/daemon/views/read-variant.js';
import { ShadowModels } from '../../src/training/experiments/shadow-models.js';
import { Experiments } from '../../src/training/experiments/experiments.js';
import { Money } from '../../src/domain/money.js';

const PROJECT_DIR = fileURLToPath(new URL('../../', import.meta.url));
const SIGNALS = 12;

export interface ApiRig {
  readonly server: Server;
  readonly logger: LogKeeper;
  /** Those for which other work has to wait. */
  readonly calls: Readonly<CallCount>;
  /** What the next question for health is answered. */
  health: Health;
  isStarting: boolean;
  /** Part of the status. */
  readonly warnings: string[];
  /** Takes the place of what the status usually is. */
  statusChanges: Partial<StatusAnswer>;
  /** Takes the place of what the status of a model usually is. */
  modelStatusChanges: Partial<ModelStatusAnswer>;
}

export interface RigOptions {
  readonly stores: Stores;
  readonly token?: string;
  readonly host?: string;
  /** Where models lie that are cleared or rolled back to. */
  readonly modelsDir?: string;
  /** What models say; default: none is trained. */
  readonly predictions?: ApiPredictions;
  /** What finds look-alikes; default: nothing is built. */
  readonly findLookalikes?: ApiContext['findLookalikes'];
  readonly events?: EventHub;
  readonly logTail?: LogTail;
  readonly logStream?: EventHub;
  readonly settings?: ApiContext['settings'];
  /** What halts and resumes; default: nothing trades. */
  readonly tradingOrders?: TradingOrders;
  readonly findQuote?: ApiContext['findQuote'];
  /** What the account tells; default: there is none, as on paper. */
  readonly readAccount?: ApiContext['readAccount'];
  /** What repairs series; default: nothing is collected. */
  readonly dataRepair?: DataRepair;
  /** What runs backtests; default: another one is running. */
  readonly backtests?: BacktestRequests;
  /** Where the built dashboard lies; default: this checkout. */
  readonly projectDir?: string;
  /** What the sessions of browsers are timed by. */
  readonly clock?: { wallMs(): number };
  /** True for a daemon that stands by. */
  readonly isStandby?: boolean;
}

const PAPER_ACCOUNT = {
  ...({ mode: 'paper', account: 'paper', exchange: 'demo' } as const),
  ...{ read_at: null, balances: [], fees: null, rights: null },
};

/** The real server over real stores; what only a running daemon knows is made up. */
export async function buildApi(rigOptions: RigOptions): Promise<ApiRig> {
  const { token, host = '127.0.0.1', projectDir = PROJECT_DIR } = rigOptions;
  const { clock = fixedClock() } = rigOptions;
  const logger = new LogKeeper();
  const calls = { seen: 0, underWay: 0 };
  const quietTurns = { callBegins: () => countCall(calls) };
  const options = { host, port: 0, token, version: '1.2.3', logger, clock, quietTurns };
  const server = await createServer(options);
  const rig: ApiRig = {
    server,
    logger,
    calls,
    health: healthy,
    isStarting: false,
    warnings: [],
    statusChanges: {},
    modelStatusChanges: {},
  };
  addRoutes(server, contextOf(rigOptions, rig), projectDir);
  await server.ready();
  return rig;
}

interface CallCount {
  seen: number;
  underWay: number;
}

function countCall(calls: CallCount): () => void {
  calls.seen++;
  calls.underWay++;
  return () => calls.underWay--;
}

const NOT_TRADING = tradingOrders(() => ({ name: 'starting' }) as DaemonPhase);

const NOTHING_QUEUED = { queue: { cancelKey: () => Promise.resolve() } };

const healthy: Health = {
  status: 'ok',
  checks: [{ name: 'loop', status: 'ok', message: 'last cycle 1 s ago' }],
  findings: [],
};

/** The real queue without a worker: what is queued stays so. */
function trainingOf(stores: Stores, logger: LogKeeper): ApiTraining {
  const options = {
    ...{ venue: KEY.venue, symbols: [KEY.symbol], bots: ['catboost'] },
    timeframes: ['1h'] as const,
    batchSize: 25,
  };
  const handles = { wake: () => undefined, abort: () => undefined, clock: fixedClock() };
  const basis = variantBasis();
  const sessions = new TrainingSessions({ stores, options, lanes: 1, ...handles });
  return {
    sessions,
    experiments: new Experiments({
      stores,
      sessions,
      options: { ...options, trainSeed: 42 },
      ...handles,
    }),
    shadows: new ShadowModels({
      ...{ stores, sessions, logger, ...handles },
      options: toTrainingOptions(basis.settings, basis.instruments, basis.venue),
    }),
    readVariant: (changes) => readVariant(basis, changes),
    queue: new TrainingQueue({ stores, options, logger, ...handles }),
    options,
  };
}

/** The default settings, with one market. */
function variantBasis(): VariantBasis {
  const limits = { sizeStep: undefined, minCost: undefined };
  const primary = {
    symbol: KEY.symbol,
    marketId: 'BTCUSDT',
    base: 'BTC',
    quote: 'USDT',
    ...limits,
  };
  return {
    settings: readSettings({}).settings,
    instruments: { all: [primary], primary, reference: primary, timeframes: ['1h'] },
    venue: KEY.venue,
  };
}

function contextOf(options: RigOptions, rig: ApiRig): ApiContext {
  const { stores, isStandby = false } = options;
  const registry = registryOver(options, rig);
  const { logger } = rig;
  return {
    stores,
    clock: fixedClock(),
    names: new SeriesNames({ series: stores.series, clock: fixedClock() }),
    metrics: new Registry(),
    readAccount: options.readAccount ?? (() => Promise.resolve(PAPER_ACCOUNT)),
    modelStaleHours: 24,
    findTradingKey: () => (rig.isStarting ? undefined : KEY),
    status: async () => ({ ...STATUS, warnings: [...rig.warnings], ...rig.statusChanges }),
    modelStatus: async (key, marketId) => ({
      ...keyAnswer(key, new Map([[key.symbol, marketId]])),
      model_symbol: modelKeyFor(key).symbol,
      ...MODEL_STATUS,
      ...rig.modelStatusChanges,
    }),
    models: modelChanges(() => (isStandby ? undefined : { registry, training: NOTHING_QUEUED })),
    tradingOrders: options.tradingOrders ?? NOT_TRADING,
    findQuote: options.findQuote ?? (() => undefined),
    predictions: options.predictions ?? UNTRAINED,
    findLookalikes: options.findLookalikes ?? NOT_BUILT,
    events: options.events ?? new EventHub({ clock: fixedClock(), runUid: 'run' }),
    logs: {
      list: (filter, limit) => (options.logTail ?? new LogTail()).list(filter, limit),
      stream: options.logStream ?? new EventHub({ clock: fixedClock(), runUid: 'run' }),
    },
    settings: options.settings ?? [],
    training: () => (rig.isStarting ? undefined : trainingOf(stores, logger)),
    health: async () => rig.health,
    backtests: options.backtests ?? BUSY,
    dataRepair: () => options.dataRepair,
    dataQuality: ({ days, ...request }) =>
      assessQuality(
        { ...request, fromOpenTime: fixedClock().marketMs() - days * 86_400_000 },
        { stores, marketMsOf: () => fixedClock().marketMs(), imports: [] },
      ),
  };
}

function registryOver(
  { stores, modelsDir = '/nowhere' }: RigOptions,
  { logger }: ApiRig,
): ModelRegistry {
  return new ModelRegistry({
    ...{ stores, modelsDir, logger, maxFileBytes: 1_000_000, clock: fixedClock() },
    prepare: async () => ({ status: 'ready' }),
    onCleared: async () => undefined,
    onServing: async () => undefined,
  });
}

const BUSY: BacktestRequests = {
  request: async () => ({ status: 'busy', reason: 'another backtest is running' }),
  cancel: async () => false,
  delete: async () => undefined,
};

const NOT_BUILT: ApiContext['findLookalikes'] = async () => ({
  ...{ status: 'building', sessionUid: undefined, seriesTotal: 1 },
});

const UNTRAINED: ApiPredictions = {
  find: async () => ({ status: 'none', reason: 'untrained', detail: 'no model yet' }),
  top: async () => ({ total: 0, rows: [] }),
  clear: () => 0,
};

/** Two markets with candles; the first with signals, decisions and books. */
export async function fillStores(stores: Stores): Promise<void> {
  const btc = await stores.series.ensure(SERIES_KEY);
  await stores.series.ensure({ ...SERIES_KEY, symbol: 'ETH/USDT', marketId: 'ETHUSDT' });
  const candles = Array.from({ length: 50 }, (_, index) => aCandle(index));
  await stores.candles.upsert(btc.id, candles, 'rest');
  for (let bar = 0; bar < SIGNALS; bar++) {
    const times = { candleOpenTime: START_MS + bar * HOUR_MS };
    const signal = bar < SIGNALS / 2 ? aFallbackSignal(times) : aModelSignal(times);
    await stores.signals.insert(signal);
    await stores.decisions.insert(aDecision({ ...times, signalUid: signal.uid }));
  }
  const position = aPosition();
  await stores.positions.insert(position);
  const order = anOrder({ positionUid: position.uid });
  await stores.orders.insert(order);
  await stores.fills.insert(aFill({ orderUid: order.uid }));
  const [cash, value] = [new Money('9000.5'), new Money('1000')];
  await stores.equity.insert({
    ...{ ...BOOK, at: START_MS, cash, positionsValue: value, equity: cash.plus(value) },
  });
}

const time = new Date(START_MS).toISOString();

const STATUS: StatusAnswer = {
  ...{ version: '1.2.3', versions: { node: 'v20' }, run_uid: 'run', state: 'running' },
  ...{ started_at: time, uptime_sec: 5, market_time: time, wall_time: time },
  display_timezone: null,
  loop: {
    ...{ interval_sec: 60, last_cycle_at: null, cycles: 0 },
    event_loop_delay_ms: { p50: 0, p99: 0, max: 0 },
  },
  database: { engine: 'sqlite', fallback: false, reason: null },
  exchange: { id: 'binance', venue: 'binance', demo: false, skew_ms: 3, ready: true },
  symbols: [
    { symbol: 'BTCUSDT', unified_symbol: 'BTC/USDT' },
    { symbol: 'ETHUSDT', unified_symbol: 'ETH/USDT' },
  ],
  ...{ bots: ['catboost'] },
  timeframes: ['1h'] as const,
  collection: {
    ...{ state: 'following', paused: false, series: 2, series_ready: 2, bars_done: 100 },
    ...{ bars_wanted: 100, backfill_percent: 100, stale: [], quarantined: 0, up_to_date: true },
  },
  model: { trained: 0, expected: 2, fallback_active: true },
  queue: { pending: 0, running: 0, current: null },
  cache: {
    ...{ enabled: true, entries: 0, max_entries: 10_000, ttl_hours: 1, life_hours: 1 },
    ...{ hits: 0, misses: 0, disk_bytes: 0 },
  },
  process: { pid: 1, memory_mb: 100, cpu_sec: 1, event_clients: 0 },
  trading: {
    ...{ mode: 'paper', state: 'active', standby: null, account: 'paper', currency: 'USDT' },
    ...{ timeframe: '1h', bot: 'catboost', open_positions: 0, equity: '10000' },
    halt: null,
    unknown_orders: 0,
    allow_fallback_execution: false,
  },
  trainer: { ready: true, message: 'ready' },
  left_out: [],
  warnings: [],
};

const MODEL_STATUS: Omit<
  ModelStatusAnswer,
  'symbol' | 'unified_symbol' | 'venue' | 'timeframe' | 'bot' | 'model_symbol'
> = {
  ...{ is_trained: false, training_progress: 0, training_state: 'waiting for history' },
  ...{ fallback_active: true, fallback_reason: 'untrained: none', model_uid: null },
  ...{ is_stale: false, last_training_time: null, samples_in_last_train: null },
  ...{ class_distribution: null, class_weights: null, training_cooldown_active: false },
  ...{ next_retry_at: null, last_training_error: null, prediction_warning_count: 0 },
  ...{ sanitization: null, test_score: null, verdict: null, live_score: null, drift: null },
  last_attempt: null,
};
