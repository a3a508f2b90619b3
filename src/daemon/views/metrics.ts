import type { TradingStatus } from '../../trading/service/trading-service.js';
import { collectDefaultMetrics, Gauge, Registry } from 'prom-client';
import type { DaemonPhase, ReadPhase } from '../phases.js';
import type { StatusSources } from './status-view.js';
import { addWorkMetrics } from './work-metrics.js';

/** Node's greatest interval, 25 days. */
const NEVER_MS = 2 ** 31 - 1;

/** Figures for Prometheus, read at each scrape from what the daemon knows anyway. */
export function createMetrics(
  readPhase: ReadPhase,
  { readHealth, readCensus }: StatusSources,
): Registry {
  const registry = new Registry();
  collectProcess(registry);
  const gauge = (name: string, help: string, read: () => number | Promise<number>): void => {
    new Gauge({
      name: `evenkeel_${name}`,
      help,
      registers: [registry],
      async collect() {
        this.set(await read());
      },
    });
  };
  const { loopWatch } = readPhase();
  gauge('cycles_total', 'Analysis cycles since the start', () => loopWatch.cycles);
  gauge('loop_silence_seconds', 'Time since the last cycle', () => loopWatch.silenceMs() / 1000);
  gauge('event_loop_delay_p99_seconds', 'Since the start: 1 % of the waits were longer', () => {
    return loopWatch.delay().p99Ms / 1000;
  });
  gauge('event_loop_delay_p999_seconds', 'Since the start: 0.1 % of the waits were longer', () => {
    return loopWatch.delay().p999Ms / 1000;
  });
  gauge('series', 'Series that are collected', () => {
    const phase = readPhase();
    return phase.name === 'active' ? phase.collector.series.length : 0;
  });
  gauge('series_stale', 'Series without new candles', () => {
    const phase = readPhase();
    return phase.name === 'active' ? phase.collector.status().staleAlarm.stale.length : 0;
  });
  gauge('models_serving', 'Wanted models that may serve', async () => {
    return (await readCensus())?.trusted.length ?? 0;
  });
  gauge('models_expected', 'Models that are wanted', async () => {
    return (await readCensus())?.wanted.length ?? 0;
  });
  gauge('fallback_signals_total', 'Signals of this run that came from the fallback', () => {
    const phase = readPhase();
    return phase.name === 'active' ? phase.warnings.total : 0;
  });
  gauge('equity', 'Value of the books in quote currency', () => {
    return findTradingStatus(readPhase())?.books?.equity.toNumber() ?? NaN;
  });
  gauge('open_positions', 'Positions that are open', () => {
    return findTradingStatus(readPhase())?.openPositions ?? 0;
  });
  gauge('unknown_orders', 'Orders of which it is not known what became of them', () => {
    return findTradingStatus(readPhase())?.unknownOrders ?? 0;
  });
  gauge('trading_halted', '1 while no position is opened because of a halt', () => {
    return findTradingStatus(readPhase())?.halt === undefined ? 0 : 1;
  });
  gauge('trading_active', '1 while this daemon holds the lease', () => {
    return findTradingStatus(readPhase())?.state === 'active' ? 1 : 0;
  });
  addHealth(registry, readHealth);
  addWorkMetrics(registry, readPhase);
  readPhase().activity.register(registry);
  return registry;
}

/** What health says, for alarms. */
function addHealth(registry: Registry, readHealth: StatusSources['readHealth']): void {
  const registers = [registry];
  new Gauge({
    name: 'evenkeel_health',
    help: 'By check: 0 ok, 1 degraded, 2 failing',
    labelNames: ['check'],
    registers,
    async collect() {
      for (const { name, status } of (await readHealth()).checks) {
        this.set({ check: name }, ['ok', 'degraded', 'failing'].indexOf(status));
      }
    },
  });
  new Gauge({
    name: 'evenkeel_health_finding',
    help: 'Wall time in seconds since when a rule of health holds',
    labelNames: ['id', 'check', 'level'],
    registers,
    async collect() {
      this.reset();
      for (const { id, check, level, since } of (await readHealth()).findings) {
        this.set({ id, check, level }, since / 1000);
      }
    },
  });
}

function findTradingStatus(phase: DaemonPhase): TradingStatus | undefined {
  return 'trading' in phase ? phase.trading.status() : undefined;
}

/**
 * What the library knows of any process, but for the loop's delay, which the daemon watches itself: the
 * library's own watch wakes the processor a hundred times a second and cannot be left out.
 */
function collectProcess(registry: Registry): void {
  const prefix = 'evenkeel_';
  collectDefaultMetrics({ register: registry, prefix, eventLoopMonitoringPrecision: NEVER_MS });
  for (const { name } of registry.getMetricsAsArray()) {
    if (name.startsWith(`${prefix}nodejs_eventloop_lag`)) registry.removeSingleMetric(name);
  }
}
