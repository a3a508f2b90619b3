import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { Collector } from '../src/collection/collector.js';
import { CcxtMarketData } from '../src/exchange/ccxt-market-data.js';
import { compiledUrl } from '../src/lib/workers/worker.js';
import { SystemClock } from '../src/lib/clock.js';
import { openDatabase } from '../src/storage/database/database.js';
import { openStores } from '../src/storage/stores.js';
import { RecordingLogger } from '../test/exchange/recording-logger.js';
import type { Benchmark, BenchmarkResult } from './harness/benchmark.js';
import { percentile } from './harness/statistics.js';

const SYMBOLS = 100;
/** Half a year of hours, and the 640 bars before it that features look back on. */
const HISTORY_DAYS = 182.5;
const BARS = HISTORY_DAYS * 24 + 640;
const LIMIT_MS = 600_000;
const NS_PER_MS = 1e6;

/** P17, and P11 meanwhile: how long the back-fill takes, and how long it holds the event loop. */
export const backfill: Benchmark = {
  name: 'backfill',
  bar: 'P17 P11',
  title: `back-fill of ${SYMBOLS} symbols × ${BARS} candles into SQLite`,
  async run() {
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-bench-'));
    const entry = fileURLToPath(compiledUrl(import.meta.url, './backfill-venue-child.js'));
    const venue = fork(entry, [String(SYMBOLS), String(BARS + 500)], { stdio: 'inherit' });
    try {
      const [baseUrl] = (await once(venue, 'message')) as [string];
      return await measure(baseUrl, path.join(folder, 'bench.sqlite'));
    } finally {
      venue.disconnect();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

async function measure(baseUrl: string, file: string): Promise<BenchmarkResult> {
  const clock = new SystemClock();
  const logger = new RecordingLogger();
  const database = await openDatabase({ engine: 'sqlite', file }, { clock, logger });
  const stores = openStores(database, clock);
  const marketData = new CcxtMarketData({
    ...{ exchangeId: 'binance', baseUrl, venue: 'bench', clock, logger, requestSpacingMs: 1 },
  });
  const idle = new LoopMeter();
  await sleep(3_000);
  const idleDelay = idle.stop();
  await marketData.start(AbortSignal.timeout(LIMIT_MS));
  const collector = new Collector({
    ...{ marketData, stores, logger, timeframes: ['1h'], quoteIntervalMs: 60_000 },
    symbols: marketData.listSpot().map(({ symbol }) => symbol),
    heldSymbols: () => [],
    history: { historyDays: HISTORY_DAYS, trainMonthsBack: 6 },
  });
  const processor = process.cpuUsage();
  const meter = new LoopMeter();
  const startedMs = performance.now();
  collector.start();
  while (collector.status().phase !== 'following') {
    if (performance.now() - startedMs > LIMIT_MS) throw new Error('The back-fill does not end');
    await sleep(20);
  }
  const tookSec = (performance.now() - startedMs) / 1000;
  const delay = meter.stop();
  const { user, system } = process.cpuUsage(processor);
  await collector.stop();
  await marketData.stop();
  const [row] = await database.selectObjects('SELECT COUNT(*) AS total FROM market_data', []);
  await database.close();
  const stored = Number(row?.['total']);
  return {
    figures: [
      { name: 'all stored', value: tookSec, unit: 's', bar: { atMost: 60 } },
      { name: 'candles stored a second', value: stored / tookSec, unit: '1/s' },
      { name: 'processor time of this process', value: (user + system) / 1e6, unit: 's' },
      {
        ...{ name: 'event-loop delay, p99', value: delay.p99Ms, unit: 'ms' },
        ...{ baseline: idleDelay.p99Ms, bar: { atMost: 20 } },
      },
      {
        ...{ name: 'event-loop delay, p99.9', value: delay.p999Ms, unit: 'ms' },
        ...{ baseline: idleDelay.p999Ms, bar: { atMost: 100 } },
      },
      { name: 'longest slice of processor time, p99', value: delay.busyP99Ms, unit: 'ms' },
      { name: 'longest slice of processor time, p99.9', value: delay.busyP999Ms, unit: 'ms' },
    ],
    notes: [
      `${stored} candles stored; the venue is a process of its own`,
      'The baseline of the delays is the same process with nothing to do: what the machine makes it wait.',
      'Processor time in one go leaves out what other processes take: the work between two turns of a 1 ms timer.',
    ],
  };
}

/** By how much timers are late, and how much of that is this process's own work. */
class LoopMeter {
  readonly #histogram = monitorEventLoopDelay({ resolution: 1 });
  readonly #busyMs: number[] = [];
  readonly #timer: NodeJS.Timeout;

  constructor() {
    let last = process.cpuUsage();
    this.#timer = setInterval(() => {
      const { user, system } = process.cpuUsage(last);
      last = process.cpuUsage();
      this.#busyMs.push((user + system) / 1000);
    }, 1);
    this.#histogram.enable();
  }

  stop(): { p99Ms: number; p999Ms: number; busyP99Ms: number; busyP999Ms: number } {
    clearInterval(this.#timer);
    this.#histogram.disable();
    return {
      p99Ms: this.#histogram.percentile(99) / NS_PER_MS,
      p999Ms: this.#histogram.percentile(99.9) / NS_PER_MS,
      busyP99Ms: percentile(this.#busyMs, 0.99),
      busyP999Ms: percentile(this.#busyMs, 0.999),
    };
  }
}
