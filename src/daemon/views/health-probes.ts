import type { HealthCheck, HealthProbe, HealthStatus } from '../../monitoring/health.js';
import type { CollectionStatus } from '../../collection/collection-status.js';
import { UNPRICED_CHOICES, type UnpricedPosition } from '../../trading/unpriced-positions.js';
import type { Base, DaemonPhase, ReadPhase } from '../phases.js';
import { pauseText } from './status-view.js';

/** A daemon that only begins is given this long before missing data counts against it. */
const START_GRACE_MS = 180_000;
/** Requests fail now and then; only what lasts is worth knowing. */
const BRIEF_TROUBLE_MS = 60_000;

/** What `GET /api/health` looks at: failing stops the show, degraded is worth knowing. */
export function healthProbes(readPhase: ReadPhase): ReadonlyMap<string, HealthProbe> {
  return new Map<string, HealthProbe>([
    ['loop', () => loopCheck(readPhase())],
    ['database', () => databaseCheck(readPhase())],
    ['exchange', () => exchangeCheck(readPhase())],
    ['data', () => dataCheck(readPhase())],
    ['models', () => modelCheck(readPhase())],
    ['trainer', () => trainerCheck(readPhase())],
    ['trading', () => tradingCheck(readPhase())],
  ]);
}

function check(name: string, status: HealthStatus, message: string): HealthCheck {
  return { name, status, message };
}

function loopCheck({ loopWatch, name }: DaemonPhase): HealthCheck {
  if (name !== 'active') {
    return check('loop', 'ok', 'no cycles while this daemon starts or stands by');
  }
  const seconds = Math.round(loopWatch.silenceMs() / 1000);
  if (loopWatch.isAlive()) return check('loop', 'ok', `last cycle ${seconds} s ago`);
  return check('loop', 'failing', `no cycle for ${seconds} s`);
}

async function databaseCheck(base: Base): Promise<HealthCheck> {
  const { database, databaseWatch, fallbackReason, stores, runUid } = base;
  const run = await databaseWatch.whileAnswering(() => stores.runs.find(runUid));
  if (run === undefined) return check('database', 'failing', 'this run is not in the database');
  if (fallbackReason !== undefined) {
    return check('database', 'degraded', `on SQLite, because ${fallbackReason}`);
  }
  return check('database', 'ok', `${database.engine} answers`);
}

function exchangeCheck(phase: DaemonPhase): HealthCheck {
  if (phase.name === 'starting') return check('exchange', 'degraded', 'not asked yet');
  const { venue, isReady, trouble } = phase.market.data;
  if (trouble !== undefined) {
    const since = new Date(trouble.since).toISOString();
    const isBrief = phase.wallClock.wallMs() - trouble.since < BRIEF_TROUBLE_MS;
    if (trouble.isRefused || !isBrief) {
      const again = trouble.isRefused ? 'asked again only every five minutes' : 'trying again';
      return check('exchange', 'degraded', `${venue}: ${trouble.reason}, since ${since}; ${again}`);
    }
  }
  if (isReady) return check('exchange', 'ok', `${venue} answers`);
  return check('exchange', 'degraded', `${venue} has not answered yet; trying again`);
}

function dataCheck(phase: DaemonPhase): HealthCheck {
  if (phase.name !== 'active') return check('data', 'degraded', 'nothing is collected yet');
  const status = phase.collector.status();
  const { staleAlarm, progress, quotesError, pausedBy } = status;
  // Candles that grow old while they wait are what was asked for: they do not count as stale.
  if (pausedBy !== undefined) return check('data', 'degraded', pauseText(pausedBy));
  const isYoung = phase.wallClock.wallMs() - phase.startedAt < START_GRACE_MS;
  if (progress.percentage === 0 && !isYoung) {
    return check('data', 'failing', 'nothing could be collected since the start');
  }
  if (staleAlarm.stale.length > 0) {
    const names = staleAlarm.stale.map(({ name }) => name);
    const isAll = staleAlarm.stale.length === progress.seriesTotal && !isYoung;
    return check('data', isAll ? 'failing' : 'degraded', `no new candles of ${names.join(', ')}`);
  }
  const future = status.series.filter(({ hasFutureCandles }) => hasFutureCandles);
  if (future.length > 0) {
    const names = future.map(({ symbol }) => symbol).join(', ');
    return check('data', 'degraded', `candles from the future in quarantine: ${names}`);
  }
  const rows = seriesText(phase.market.data.venue, status.series);
  if (rows !== undefined) return check('data', 'degraded', rows);
  if (quotesError !== undefined) return check('data', 'degraded', `no prices: ${quotesError}`);
  if (progress.seriesReady < progress.seriesTotal) {
    return check('data', 'degraded', `back-filling: ${progress.percentage} %`);
  }
  return check('data', 'ok', `${progress.seriesTotal} series are up to date`);
}

async function modelCheck(phase: DaemonPhase): Promise<HealthCheck> {
  if (!('instruments' in phase)) return check('models', 'degraded', 'not looked for yet');
  const { databaseWatch, instruments, market, settings, stores } = phase;
  const { venue } = market.data;
  const serving = await databaseWatch.whileAnswering(() =>
    stores.models.listServingKeys({ venue }),
  );
  const wanted = instruments.all.length * settings.timeframes.length * settings.bots.length;
  if (serving.length >= wanted) return check('models', 'ok', `${serving.length} models serve`);
  return check(
    'models',
    'degraded',
    `${serving.length} of ${wanted} models serve; the rest by fallback`,
  );
}

function trainerCheck(phase: DaemonPhase): HealthCheck {
  const fault = phase.name === 'active' ? phase.training.trainerFault : undefined;
  if (fault === undefined) return check('trainer', 'ok', 'nothing against it');
  return check('trainer', 'degraded', `${fault.message}; ${fault.fix}`);
}

function tradingCheck(phase: DaemonPhase): HealthCheck {
  if (!('trading' in phase)) return check('trading', 'degraded', 'not started yet');
  const status = phase.trading.status();
  const unpriced = phase.trading.unpricedPositions();
  if (unpriced.length > 0) return check('trading', 'failing', unpricedText(unpriced));
  if (status.state === 'active')
    return check('trading', 'ok', `${status.account} trading is active`);
  return check(
    'trading',
    'degraded',
    `${status.state}: ${status.leaseHolder ?? 'another'} holds the lease`,
  );
}

function unpricedText(unpriced: readonly UnpricedPosition[]): string {
  const positions = unpriced.map(
    ({ uid, symbol, since }) => `${symbol} (${uid}) since ${new Date(since).toISOString()}`,
  );
  return `no price for what is held: ${positions.join(', ')}; ${UNPRICED_CHOICES}`;
}

/** What is wrong with the rows of single series; undefined where nothing is. */
function seriesText(venue: string, all: CollectionStatus['series']): string | undefined {
  const refused = all.find(({ refusal }) => refusal !== undefined);
  if (refused !== undefined) {
    const { symbol, timeframe, refusal } = refused;
    return `every row of ${symbol} ${timeframe} is refused: ${refusal}`;
  }
  for (const { symbol, timeframe, longGaps, keepsOnlyBars } of all) {
    const [gap] = longGaps;
    if (gap === undefined) continue;
    const from = new Date(gap.fromOpenTime).toISOString();
    const to = new Date(gap.toOpenTime).toISOString();
    const limit =
      keepsOnlyBars === undefined ? '' : `: ${venue} keeps only its newest ${keepsOnlyBars} bars`;
    return `${symbol} ${timeframe} lacks ${gap.bars} bars from ${from} to ${to}${limit}`;
  }
  return undefined;
}
