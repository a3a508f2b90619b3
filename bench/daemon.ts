import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { DaemonChild, withSite, type Site } from './daemon-child.js';
import type { Benchmark, Figure } from './harness/benchmark.js';
import { median } from './harness/statistics.js';

const MANY = 100;
const HISTORY_DAYS = 60;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const FILL_LIMIT_MS = 55 * MINUTE_MS;
/** Training is planned once a minute, and an idle trainer is ended after a minute. */
const STEADY_MS = 150_000;
/** Market time in the hour at which the venue begins, so that a candle closes when all is trained. */
const BEGIN_MS = 43 * MINUTE_MS;
const FILL = { steadyMs: STEADY_MS, limitMs: FILL_LIMIT_MS };
/** Of the daemon's own watch on its loop. */
const RESOLUTION_MS = 100;
const MEMORY_SAMPLES = 10;
const STARTS = 5;
/** The bar's own span, of which one close of a candle and the quiet between are measured. */
const SPAN_MINUTES = 65;
const QUIET_MINUTES = 4;
const CLOSE_MINUTES = 4;

/**
 * P11, P12, P14, P15: one daemon's life with a hundred symbols. It back-fills and trains, rests, lets a
 * candle close, and is started again on what it has stored.
 */
export const daemon: Benchmark = {
  name: 'daemon',
  bar: 'P11 P12 P14 P15',
  title: "a daemon's loop, memory, idle time and start, 100 symbols (takes twenty minutes)",
  async run() {
    const startMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS + BEGIN_MS;
    return withSite({ startMs, historyDays: HISTORY_DAYS }, async (site) => {
      const figures = [...(await measureMany(site)), ...(await measureStarts(site))];
      return {
        figures,
        notes: [
          'baseline of the loop delay: this process, which only waits, at the same time',
          `generated market at real speed in another process, ${HISTORY_DAYS} days of history, SQLite`,
          `idle: ${QUIET_MINUTES} quiet minutes and ${CLOSE_MINUTES} around the close of a candle, ` +
            `put together to ${SPAN_MINUTES} minutes with one close`,
        ],
      };
    });
  },
};

/** P12 with one symbol, by itself because it takes minutes instead of twenty. */
export const memoryOne: Benchmark = {
  name: 'memory-one',
  bar: 'P12',
  title: 'memory of an idle daemon with one symbol, after its training',
  async run() {
    const startMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS + BEGIN_MS;
    return withSite({ startMs, historyDays: 183 }, async (site) => {
      const child = await DaemonChild.start(site, site.symbols.slice(0, 1));
      try {
        await child.until(isFilled(1), FILL);
        const rss = await sampleRss(child);
        const bar = { atMost: 150 };
        return {
          figures: [{ name: 'idle memory, 1 symbol', value: rss, unit: 'MB', bar }],
          notes: ['generated market at real speed in another process, 183 days of history, SQLite'],
        };
      } finally {
        await child.stop();
      }
    });
  },
};

async function measureMany(site: Site): Promise<Figure[]> {
  const child = await DaemonChild.start(site, site.symbols.slice(0, MANY));
  const idle = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  try {
    idle.enable();
    await child.until(isFilled(MANY), FILL);
    idle.disable();
    const idleDelay = (percent: number): number =>
      Math.max(0, idle.percentile(percent) / 1e6 - RESOLUTION_MS);
    const p99 = 1000 * (await child.gauge('event_loop_delay_p99_seconds'));
    const p999 = 1000 * (await child.gauge('event_loop_delay_p999_seconds'));
    return [
      {
        name: 'loop delay, back-fill and training, p99',
        value: p99,
        baseline: idleDelay(99),
        unit: 'ms',
        bar: { atMost: 20 },
      },
      {
        name: 'loop delay, back-fill and training, p99.9',
        value: p999,
        baseline: idleDelay(99.9),
        unit: 'ms',
        bar: { atMost: 100 },
      },
      {
        name: 'idle memory, 100 symbols',
        value: await sampleRss(child),
        unit: 'MB',
        bar: { atMost: 200 },
      },
      ...(await measureIdle(child)),
    ];
  } finally {
    await child.stop();
  }
}

async function measureIdle(child: DaemonChild): Promise<Figure[]> {
  const quiet = await processorShare(child, QUIET_MINUTES);
  const { market_time: now } = await child.status();
  const untilClose = HOUR_MS - (Date.parse(now) % HOUR_MS);
  const lead = MINUTE_MS / 2;
  if (untilClose > lead) await sleep(untilClose - lead);
  const close = await processorShare(child, CLOSE_MINUTES);
  const extraMs = Math.max(0, close - quiet) * CLOSE_MINUTES * MINUTE_MS;
  const share = quiet + extraMs / (SPAN_MINUTES * MINUTE_MS);
  return [
    {
      name: 'processor, idle with one close, extrapolated',
      value: 100 * share,
      unit: '% of a core',
      bar: { atMost: 0.5 },
    },
    { name: 'processor, quiet minutes alone', value: 100 * quiet, unit: '% of a core' },
    { name: 'processor, extra for 100 closed candles', value: extraMs, unit: 'ms' },
  ];
}

async function processorShare(child: DaemonChild, minutes: number): Promise<number> {
  const before = child.treeProcessorMs();
  const startedAt = performance.now();
  await sleep(minutes * MINUTE_MS);
  return (child.treeProcessorMs() - before) / (performance.now() - startedAt);
}

async function measureStarts(site: Site): Promise<Figure[]> {
  const times: number[] = [];
  for (let start = 0; start < STARTS; start++) {
    const child = await DaemonChild.start(site, site.symbols.slice(0, MANY));
    times.push(child.firstStatusMs / 1000);
    await child.stop();
  }
  const bar = { atMost: 1.5 };
  return [{ name: 'start to first served status, median', value: median(times), unit: 's', bar }];
}

/** Every series is there, models serve, and nothing waits to be trained. */
function isFilled(symbols: number): Parameters<DaemonChild['until']>[0] {
  return ({ collection, queue, model }) =>
    collection.series >= symbols &&
    collection.backfill_percent >= 100 &&
    queue.pending + queue.running === 0 &&
    model.trained >= 1;
}

async function sampleRss(child: DaemonChild): Promise<number> {
  const samples: number[] = [];
  for (let sample = 0; sample < MEMORY_SAMPLES; sample++) {
    samples.push(child.treeRssMb());
    await sleep(1000);
  }
  return median(samples);
}
