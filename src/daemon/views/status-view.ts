import { haltView } from '../../api/answers/trading.js';
import { iso, isoOrNull } from '../../api/answers/keys.js';
import type { StatusAnswer } from '../../api/contract/status.js';
import {
  isUpToDate,
  listRefused,
  type CollectionStatus,
} from '../../collection/collection-status.js';
import type { TrainingJob } from '../../domain/training-job.js';
import { HaltError, TransientError } from '../../lib/errors.js';
import { sharedRead } from '../../lib/shared-read.js';
import type { ModelCensus } from '../../models/model-census.js';
import type { Health, HealthFinding } from '../../monitoring/health.js';
import { TRAINER_UNUSABLE } from '../health/model-rules.js';
import type { WatchedProgress } from '../collection-watch.js';
import { accountOf } from '../open-live.js';
import { clockOf, describePhase, type Base, type DaemonPhase, type ReadPhase } from '../phases.js';

const QUEUE_SHOWN = 1000;

/** Counts and figures are at most so old: dashboards ask often, and many at once. */
const COUNTS_AGE_MS = 250;

/** What is read at one moment, so that its parts agree. */
type Counts = Pick<StatusAnswer, 'model' | 'queue' | 'warnings' | 'trainer' | 'loop' | 'process'>;

export interface StatusSources {
  readonly readHealth: () => Promise<Health>;
  readonly readCensus: () => Promise<ModelCensus | undefined>;
}

/** The answers of `GET /api/status`. */
export function statusView(
  readPhase: ReadPhase,
  sources: StatusSources,
): () => Promise<StatusAnswer> {
  const options = { clock: readPhase().wallClock, maxAgeMs: COUNTS_AGE_MS };
  const readSharedCounts = sharedRead(() => readCounts(readPhase(), sources), options);
  return async () => {
    const counts = await readSharedCounts();
    return describeStatus(readPhase(), counts);
  };
}

async function readCounts(phase: DaemonPhase, sources: StatusSources): Promise<Counts> {
  const { findings } = await sources.readHealth();
  return {
    model: modelView(await sources.readCensus()),
    queue: await asFarAsKnown(phase, () => queueView(phase), UNKNOWN_QUEUE),
    warnings: findings
      .filter(({ isExpected }) => !isExpected)
      .map(({ message, fix }) => `${message}; ${fix}`),
    trainer: trainerView(findings),
    loop: loopView(phase),
    process: processView(phase),
  };
}

function describeStatus(phase: DaemonPhase, counts: Counts): StatusAnswer {
  const { settings, wallClock } = phase;
  // Once for all that is said of it: it looks at every series.
  const collected = 'collector' in phase ? phase.collector.status() : undefined;
  return {
    version: phase.version,
    versions: { evenkeel: phase.version, node: process.version },
    run_uid: phase.runUid,
    state: describePhase(phase),
    started_at: iso(phase.startedAt),
    uptime_sec: Math.round((wallClock.wallMs() - phase.startedAt) / 1000),
    market_time: iso(clockOf(phase).marketMs()),
    wall_time: iso(wallClock.wallMs()),
    display_timezone: settings.displayTimezone ?? null,
    database: databaseView(phase),
    exchange: exchangeView(phase),
    symbols: symbolsView(phase),
    timeframes: [...settings.timeframes],
    bots: [...settings.bots],
    collection: collectionView(phase, collected),
    ...counts,
    cache: cacheView(phase),
    trading: tradingView(phase),
    left_out: listLeftOut(phase, collected),
  };
}

const UNKNOWN_MODELS: StatusAnswer['model'] = { trained: 0, expected: 0, fallback_active: true };
const UNKNOWN_QUEUE: StatusAnswer['queue'] = { pending: 0, running: 0, current: null };

/** The status answers also while the database does not: that it is lost is said elsewhere in it. */
async function asFarAsKnown<T>(
  { databaseWatch }: Base,
  read: () => Promise<T>,
  unknown: T,
): Promise<T> {
  try {
    return await databaseWatch.whileAnswering(read);
  } catch (error) {
    if (error instanceof TransientError || error instanceof HaltError) return unknown;
    throw error;
  }
}

function databaseView(phase: DaemonPhase): StatusAnswer['database'] {
  const { database, fallbackReason, databaseWatch } = phase;
  return {
    engine: database.engine,
    fallback: fallbackReason !== undefined,
    reason: fallbackReason ?? databaseWatch.lostReason ?? null,
  };
}

function symbolsView(phase: DaemonPhase): StatusAnswer['symbols'] {
  if (!('instruments' in phase)) return [];
  return phase.instruments.all.map(({ symbol, marketId }) => ({
    symbol: marketId,
    unified_symbol: symbol,
  }));
}

function loopView(phase: DaemonPhase): StatusAnswer['loop'] {
  const { settings, loopWatch } = phase;
  const { p50Ms, p99Ms, maxMs } = loopWatch.delay();
  const configuredMs = settings.analysisIntervalSec * 1000;
  const intervalMs = 'options' in phase ? phase.options.cycleIntervalMs : configuredMs;
  return {
    interval_sec: intervalMs / 1000,
    last_cycle_at: isoOrNull(loopWatch.lastCycleAt),
    cycles: loopWatch.cycles,
    event_loop_delay_ms: { p50: p50Ms, p99: p99Ms, max: maxMs },
  };
}

function exchangeView(phase: DaemonPhase): StatusAnswer['exchange'] {
  const { exchange: id } = phase.settings;
  const demo = id === 'demo';
  if (phase.name === 'starting') return { id, venue: null, demo, skew_ms: null, ready: false };
  const { venue, clock, isReady } = phase.market.data;
  // The demo's time runs by a factor, so its distance from the wall says nothing.
  return { id, venue, demo, skew_ms: demo ? null : (clock.skewMs ?? null), ready: isReady };
}

const NO_COLLECTION: StatusAnswer['collection'] = {
  state: 'idle',
  paused: false,
  series: 0,
  series_ready: 0,
  bars_done: 0,
  bars_wanted: 0,
  backfill_percent: 0,
  stale: [],
  quarantined: 0,
  up_to_date: false,
};

function collectionView(
  phase: DaemonPhase,
  status: CollectionStatus | undefined,
): StatusAnswer['collection'] {
  if ('watch' in phase) return watchedView(phase.watch.progress);
  if (status === undefined) return NO_COLLECTION;
  const { phase: state, pausedBy, progress, series, staleAlarm } = status;
  const isPaused = pausedBy !== undefined;
  return {
    state: isPaused ? 'paused' : state,
    paused: isPaused,
    series: progress.seriesTotal,
    series_ready: progress.seriesReady,
    bars_done: progress.barsDone,
    bars_wanted: progress.barsWanted,
    backfill_percent: progress.percentage,
    stale: staleAlarm.stale.map(({ name }) => name),
    quarantined: series.filter(({ hasFutureCandles }) => hasFutureCandles).length,
    up_to_date: isUpToDate(status),
  };
}

/** How far another installation is. */
function watchedView(progress: WatchedProgress): StatusAnswer['collection'] {
  return {
    ...NO_COLLECTION,
    state: progress.isUpToDate ? 'following' : 'backfilling',
    series: progress.seriesTotal,
    series_ready: progress.seriesReady,
    bars_done: progress.barsDone,
    bars_wanted: progress.barsWanted,
    backfill_percent: progress.percentage,
    up_to_date: progress.isUpToDate,
  };
}

function modelView(census: ModelCensus | undefined): StatusAnswer['model'] {
  if (census === undefined) return UNKNOWN_MODELS;
  const [trained, expected] = [census.trusted.length, census.wanted.length];
  return { trained, expected, fallback_active: trained < expected };
}

async function queueView(phase: DaemonPhase): Promise<StatusAnswer['queue']> {
  if (phase.name === 'starting') return UNKNOWN_QUEUE;
  const { market, stores } = phase;
  const { venue } = market.data;
  const page = { limit: QUEUE_SHOWN, offset: 0 };
  const pending = await stores.jobs.list({ venue, status: 'pending' }, { ...page, limit: 1 });
  const running = await stores.jobs.list({ venue, status: 'running' }, page);
  const [current] = running.rows;
  return {
    pending: pending.total,
    running: running.total,
    current: current === undefined ? null : describeJob(current),
  };
}

function cacheView(phase: DaemonPhase): StatusAnswer['cache'] {
  const { settings } = phase;
  const { predictionCacheMaxEntries, predictionCacheTtlHours: ttlHours } = settings;
  const status = phase.name === 'active' ? phase.predictionCache?.status() : undefined;
  return {
    enabled: settings.predictionCacheEnabled,
    entries: status?.entries ?? 0,
    max_entries: predictionCacheMaxEntries,
    ttl_hours: ttlHours,
    life_hours: status?.lifeHours ?? ttlHours,
    hits: status?.hits ?? 0,
    misses: status?.misses ?? 0,
    disk_bytes: status?.diskBytes ?? 0,
  };
}

function processView({ events }: Base): StatusAnswer['process'] {
  const { user, system } = process.cpuUsage();
  return {
    pid: process.pid,
    memory_mb: process.memoryUsage.rss() / 2 ** 20,
    cpu_sec: (user + system) / 1e6,
    event_clients: events.clients,
  };
}

function describeJob(job: TrainingJob): string {
  const { symbol, timeframe, bot, stage, progressPct } = job;
  return `${symbol} ${timeframe} ${bot}: ${stage ?? 'starting'} ${Math.round(progressPct)} %`;
}

function tradingView(phase: DaemonPhase): StatusAnswer['trading'] {
  const { tradingMode: mode, allowFallbackExecution } = phase.settings;
  if (!('trading' in phase)) {
    return {
      mode,
      state: 'starting',
      standby: null,
      account: accountOf(phase.settings),
      currency: '',
      timeframe: '',
      bot: '',
      open_positions: 0,
      equity: null,
      halt: null,
      unknown_orders: 0,
      allow_fallback_execution: allowFallbackExecution,
    };
  }
  const status = phase.trading.status();
  const { leaseHolder: holder } = status;
  return {
    mode,
    state: status.state,
    standby: holder === undefined ? null : `${holder} trades; this daemon takes over when it ends`,
    account: status.account,
    currency: status.currency,
    timeframe: status.timeframe,
    bot: status.bot,
    open_positions: status.openPositions,
    equity: status.books?.equity.toString() ?? null,
    halt: status.halt === undefined ? null : haltView(status.halt),
    unknown_orders: status.unknownOrders,
    allow_fallback_execution: allowFallbackExecution,
  };
}

/** From the finding that is among the warnings: a reader sees both or neither. */
function trainerView(findings: readonly HealthFinding[]): StatusAnswer['trainer'] {
  const fault = findings.find(({ id }) => id === TRAINER_UNUSABLE);
  if (fault !== undefined) return { ready: false, message: `${fault.message}; ${fault.fix}` };
  return { ready: true, message: 'ready, or not needed yet' };
}

/** What the settings name and is not worked on, each with the reason. */
function listLeftOut(phase: DaemonPhase, status: CollectionStatus | undefined): string[] {
  const leftOut: string[] = [];
  if ('instruments' in phase) leftOut.push(...phase.instruments.refused);
  if ('chosen' in phase) leftOut.push(...phase.chosen.refused);
  if (status !== undefined) leftOut.push(...listRefused(status));
  if ('watch' in phase) {
    const { absent } = phase.watch.progress;
    leftOut.push(...absent.map((name) => `${name}: the other installation does not collect it`));
  }
  return leftOut;
}
