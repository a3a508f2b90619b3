import { iso, isoOrNull } from '../../api/answers.js';
import type { StatusAnswer } from '../../api/contract.js';
import type { TrainingJob } from '../../domain/training-job.js';
import { HaltError, TransientError } from '../../lib/errors.js';
import { sharedRead } from '../../lib/shared-read.js';
import { trainingKeys } from '../../training/options/training-keys.js';
import { clockOf, entryFreezeOf, phaseOf, type DaemonState } from '../daemon-state.js';
import { carryOverText } from '../open-storage.js';
import { PAPER_ACCOUNT, trainingOptions } from '../module-options.js';
import { cycleIntervalMs } from '../work.js';

const QUEUE_SHOWN = 1000;

/** Counts of stored rows are at most so old: dashboards ask often, and many at once. */
const COUNTS_AGE_MS = 250;

type Counts = Pick<StatusAnswer, 'model' | 'queue'>;

/** The answers of `GET /api/status`. */
export function statusView(state: DaemonState): () => Promise<StatusAnswer> {
  const options = { clock: state.wallClock, maxAgeMs: COUNTS_AGE_MS };
  const counts = sharedRead(() => readCounts(state), options);
  return async () => describeStatus(state, await counts());
}

async function readCounts(state: DaemonState): Promise<Counts> {
  return {
    model: await asFarAsKnown(state, () => modelView(state), UNKNOWN_MODELS),
    queue: await asFarAsKnown(state, () => queueView(state), UNKNOWN_QUEUE),
  };
}

function describeStatus(state: DaemonState, counts: Counts): StatusAnswer {
  const { settings, wallClock } = state;
  return {
    version: state.version,
    versions: { evenkeel: state.version, node: process.version },
    run_uid: state.runUid,
    state: phaseOf(state),
    started_at: iso(state.startedAt),
    uptime_sec: Math.round((wallClock.wallMs() - state.startedAt) / 1000),
    market_time: iso(clockOf(state).marketMs()),
    wall_time: iso(wallClock.wallMs()),
    display_timezone: settings.displayTimezone ?? null,
    loop: loopView(state),
    database: databaseView(state),
    exchange: exchangeView(state),
    symbols: (state.instruments?.all ?? []).map(({ symbol, marketId }) => ({
      symbol: marketId,
      unified_symbol: symbol,
    })),
    timeframes: [...settings.timeframes],
    bots: [...settings.bots],
    collection: collectionView(state),
    ...counts,
    cache: cacheView(state),
    process: processView(state),
    trading: tradingView(state),
    trainer: trainerView(state),
    warnings: warningsOf(state),
  };
}

const UNKNOWN_MODELS: StatusAnswer['model'] = { trained: 0, expected: 0, fallback_active: true };
const UNKNOWN_QUEUE: StatusAnswer['queue'] = { pending: 0, running: 0, current: null };

/** The status answers also while the database does not: that it is lost is said elsewhere in it. */
async function asFarAsKnown<T>(
  { databaseWatch }: DaemonState,
  look: () => Promise<T>,
  unknown: T,
): Promise<T> {
  try {
    return await databaseWatch.whileAnswering(look);
  } catch (error) {
    if (error instanceof TransientError || error instanceof HaltError) return unknown;
    throw error;
  }
}

function databaseView(state: DaemonState): StatusAnswer['database'] {
  const { database, fallbackReason, databaseWatch } = state;
  return {
    engine: database.engine,
    fallback: fallbackReason !== undefined,
    reason: fallbackReason ?? databaseWatch.lostReason ?? null,
  };
}

function loopView(state: DaemonState): StatusAnswer['loop'] {
  const { settings, loopWatch, market } = state;
  const { p50Ms, p99Ms, maxMs } = loopWatch.delay();
  const intervalMs =
    market === undefined ? settings.analysisIntervalSec * 1000 : cycleIntervalMs(settings, market);
  return {
    interval_sec: intervalMs / 1000,
    last_cycle_at: isoOrNull(loopWatch.lastCycleAt),
    cycles: loopWatch.cycles,
    event_loop_delay_ms: { p50: p50Ms, p99: p99Ms, max: maxMs },
  };
}

function exchangeView({ settings, market }: DaemonState): StatusAnswer['exchange'] {
  const { data } = market ?? {};
  return {
    id: settings.exchange,
    venue: data?.venue ?? null,
    demo: settings.exchange === 'demo',
    // The demo's time runs by a factor, so its distance from the wall says nothing.
    skew_ms: market?.isDemo === true ? null : (data?.clock.skewMs ?? null),
    ready: data?.isReady ?? false,
  };
}

function collectionView({ work }: DaemonState): StatusAnswer['collection'] {
  const status = work?.collector.status();
  const isPaused = status?.pausedBy !== undefined;
  return {
    state: isPaused ? 'paused' : (status?.phase ?? 'idle'),
    paused: isPaused,
    series: status?.progress.seriesTotal ?? 0,
    series_ready: status?.progress.seriesReady ?? 0,
    bars_done: status?.progress.barsDone ?? 0,
    bars_wanted: status?.progress.barsWanted ?? 0,
    backfill_percent: status?.progress.percentage ?? 0,
    stale: (status?.staleAlarm.stale ?? []).map(({ name }) => name),
    quarantined: status?.series.filter(({ hasFutureCandles }) => hasFutureCandles).length ?? 0,
  };
}

async function modelView(state: DaemonState): Promise<StatusAnswer['model']> {
  const { market, instruments, settings, stores } = state;
  if (market === undefined || instruments === undefined) {
    return UNKNOWN_MODELS;
  }
  const keys = trainingKeys(trainingOptions(settings, { market, instruments }));
  const { venue } = market.data;
  const trained = (await stores.models.listServingKeys({ venue })).length;
  return { trained, expected: keys.length, fallback_active: trained < keys.length };
}

async function queueView(state: DaemonState): Promise<StatusAnswer['queue']> {
  const { market, stores } = state;
  const page = { limit: QUEUE_SHOWN, offset: 0 };
  const venue = market?.data.venue;
  if (venue === undefined) return UNKNOWN_QUEUE;
  const pending = await stores.jobs.list({ venue, status: 'pending' }, { ...page, limit: 1 });
  const running = await stores.jobs.list({ venue, status: 'running' }, page);
  const [current] = running.rows;
  return {
    pending: pending.total,
    running: running.total,
    current: current === undefined ? null : describeJob(current),
  };
}

function cacheView({ settings, work }: DaemonState): StatusAnswer['cache'] {
  const { predictionCacheMaxEntries, predictionCacheTtlHours: ttlHours } = settings;
  const status = work?.predictionCache?.status();
  return {
    enabled: settings.predictionCacheEnabled,
    entries: status?.entries ?? 0,
    max_entries: predictionCacheMaxEntries,
    ttl_hours: ttlHours,
    life_hours: status?.lifeHours ?? ttlHours,
    ...{ hits: status?.hits ?? 0, misses: status?.misses ?? 0 },
    disk_bytes: status?.diskBytes ?? 0,
  };
}

function processView({ events }: DaemonState): StatusAnswer['process'] {
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

function tradingView({ settings, trading }: DaemonState): StatusAnswer['trading'] {
  const status = trading?.status();
  const holder = status?.leaseHolder;
  return {
    mode: settings.tradingMode,
    state: status?.state ?? 'starting',
    standby: holder === undefined ? null : `${holder} trades; this daemon takes over when it ends`,
    account: status?.account ?? PAPER_ACCOUNT,
    currency: status?.currency ?? '',
    timeframe: status?.timeframe ?? '',
    bot: status?.bot ?? '',
    open_positions: status?.openPositions ?? 0,
    equity: status?.books?.equity.toString() ?? null,
    allow_fallback_execution: settings.allowFallbackExecution,
  };
}

function trainerView({ work }: DaemonState): StatusAnswer['trainer'] {
  const fault = work?.training.trainerFault;
  if (fault !== undefined) return { ready: false, message: `${fault.message}; ${fault.fix}` };
  return { ready: true, message: 'ready, or not needed yet' };
}

/** What holds collection, and how to go on. */
export function pauseText(pausedBy: string): string {
  return `collection is paused: it goes on when ${pausedBy} is gone`;
}

function warningsOf(state: DaemonState): string[] {
  const { instruments, trading, work, notCarriedOver } = state;
  const freeze = entryFreezeOf(state);
  const collection = work?.collector.status();
  const fault = work?.training.trainerFault;
  return [
    ...(freeze === undefined ? [] : [`No position is opened: ${freeze}`]),
    ...(notCarriedOver === undefined ? [] : [carryOverText(notCarriedOver)]),
    ...(instruments?.refused ?? []),
    ...(collection?.pausedBy === undefined ? [] : [pauseText(collection.pausedBy)]),
    ...(collection?.refused ?? []).map(({ name, reason }) => `${name}: ${reason}`),
    ...(trading?.status().warnings ?? []),
    ...(fault === undefined ? [] : [`No model can be trained: ${fault.message}; ${fault.fix}`]),
  ];
}
