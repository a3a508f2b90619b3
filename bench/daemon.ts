import { monitorEventLoopDelay, type IntervalHistogram } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StatusAnswer } from '../src/api/contract/status.js';
import { DaemonChild, withSite, type Site } from './daemon-child.js';
import type { Benchmark, Figure } from './harness/benchmark.js';
import { loadDuring } from './harness/http-load.js';
import { median, percentile } from './harness/statistics.js';
import { dashboardNotes, withDashboards } from './open-dashboards.js';

const MANY = 100;
const HOUR_MS = 3_600_000;
const MINUTE_MS = 60_000;
const LIMIT_MS = 55 * MINUTE_MS;
const POLL_MS = 1000;
/** A busy dashboard and some scripts together. */
const REQUEST_RATE = 200;
const CONNECTIONS = 50;
/** Training is planned once a minute, and an idle trainer ends after a minute. */
const STEADY_MS = 150_000;
/** Market time in the hour at which the venue starts, so that a candle closes when all is trained. */
const BEGIN_MS = 43 * MINUTE_MS;
const FILL = { steadyMs: 0, limitMs: LIMIT_MS };
const REST = { steadyMs: STEADY_MS, limitMs: LIMIT_MS };
/** As in the daemon's own watch on its loop. */
const RESOLUTION_MS = 100;
const MEMORY_SAMPLES = 10;
const STARTS = 5;
/** The span of the bar: one close of a candle and the quiet between two, of which parts are measured. */
const SPAN_MINUTES = 65;
const QUIET_MINUTES = 4;
const CLOSE_MINUTES = 4;

/**
 * P9, P11, P12, P14, P15: a daemon with a hundred symbols, from an empty folder. It back-fills, trains
 * twice while its API is called, rests, lets a candle close, and starts again on what it has stored.
 */
export const daemon: Benchmark = {
  name: 'daemon',
  bar: 'P9 P11 P12 P14 P15',
  title: "a daemon's API, loop, memory, idle time and start, 100 symbols (takes twenty minutes)",
  async run({ dashboards }) {
    const startMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS + BEGIN_MS;
    return withSite({ startMs }, async (site) => {
      const figures = [...(await measureMany(site, dashboards)), ...(await measureStarts(site))];
      return {
        figures,
        notes: [
          'baseline of the loop delay: this process, which only waits, at the same time',
          'generated market at real speed in another process; an empty folder, default settings, SQLite',
          `API: ${REQUEST_RATE} requests a second over ${CONNECTIONS} connections, predictions and the status in turn`,
          `idle: ${QUIET_MINUTES} quiet minutes and ${CLOSE_MINUTES} around the close of a candle, ` +
            `put together to ${SPAN_MINUTES} minutes with one close`,
          ...dashboardNotes(dashboards),
        ],
      };
    });
  },
};

/** P12 with one symbol: a benchmark of its own, because it takes a few minutes. */
export const memoryOne: Benchmark = {
  name: 'memory-one',
  bar: 'P12',
  title: 'memory of an idle daemon with one symbol, after its training',
  async run() {
    const startMs = Math.floor(Date.now() / HOUR_MS) * HOUR_MS - HOUR_MS + BEGIN_MS;
    return withSite({ startMs }, async (site) => {
      const child = await DaemonChild.start(site, site.symbols.slice(0, 1));
      try {
        await child.until(isAtRest, REST);
        const rss = await sampleRss(child);
        const bar = { atMost: 150 };
        return {
          figures: [{ name: 'idle memory, 1 symbol', value: rss, unit: 'MB', bar }],
          notes: [
            'generated market at real speed in another process; an empty folder, default settings, SQLite',
          ],
        };
      } finally {
        await child.stop();
      }
    });
  },
};

async function measureMany(site: Site, dashboards: number): Promise<Figure[]> {
  const symbols = site.symbols.slice(0, MANY);
  const child = await DaemonChild.start(site, symbols);
  try {
    return await withDashboards(dashboards, child.url, () => measureChild({ child, symbols }));
  } finally {
    await child.stop();
  }
}

async function measureChild({ child, symbols }: Busy): Promise<Figure[]> {
  const idle = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  try {
    idle.enable();
    const busy = [
      ...(await measureApi('back-fill', { child, symbols }, child.until(isFilled, FILL))),
      ...(await measureApi('first training', { child, symbols }, finishJobs(child, MANY))),
      ...(await measureApi('second training', { child, symbols }, trainAgain(child, symbols))),
    ];
    idle.disable();
    const delays = await loopDelays(child, idle);
    await child.until(isAtRest, REST);
    const rss = await sampleRss(child);
    return [
      ...busy,
      ...delays,
      { name: 'idle memory, 100 symbols', value: rss, unit: 'MB', bar: { atMost: 200 } },
      ...(await measureIdle(child)),
    ];
  } finally {
    idle.disable();
  }
}

interface Busy {
  readonly child: DaemonChild;
  readonly symbols: readonly string[];
}

/** P9 while something keeps the daemon busy: the status and the predictions of all symbols in turn. */
async function measureApi(
  phase: string,
  { child, symbols }: Busy,
  work: Promise<void>,
): Promise<Figure[]> {
  const startedAt = performance.now();
  const paths = symbols.flatMap((symbol) => [
    `/api/predictions/${encodeURIComponent(symbol)}`,
    '/api/status',
  ]);
  const options = { port: child.port, paths, connections: CONNECTIONS, rate: REQUEST_RATE };
  const { times, failed } = await loadDuring(work, options);
  const tookSec = (performance.now() - startedAt) / 1000;
  const [p99, p999] = [percentile(times, 0.99), percentile(times, 0.999)];
  return [
    { name: `${phase}, with the API called`, value: tookSec, unit: 's' },
    { name: `${phase}: answers other than 200`, value: failed, unit: '' },
    { name: `${phase}: API p99`, value: p99, unit: 'ms', bar: { atMost: 20 } },
    { name: `${phase}: API p99.9`, value: p999, unit: 'ms', bar: { atMost: 100 } },
  ];
}

/** Resolves when so many jobs have ended since the database is there, and none waits. */
async function finishJobs(child: DaemonChild, jobs: number): Promise<void> {
  const deadline = performance.now() + LIMIT_MS;
  while (performance.now() < deadline) {
    const sessions = await child.sessions();
    const ended = sessions.map(({ jobsSummary }) => jobsSummary.completed + jobsSummary.failed);
    if (ended.reduce((sum, one) => sum + one, 0) >= jobs) return;
    await sleep(POLL_MS);
  }
  throw new Error(`Fewer than ${jobs} jobs ended within ${LIMIT_MS / MINUTE_MS} minutes`);
}

async function trainAgain(child: DaemonChild, symbols: readonly string[]): Promise<void> {
  await child.post('/api/training/start-auto', { symbols });
  await finishJobs(child, 2 * symbols.length);
}

/** P11 from the start of the daemon until now, by its own watch. */
async function loopDelays(child: DaemonChild, idle: IntervalHistogram): Promise<Figure[]> {
  const idleMs = (percent: number): number =>
    Math.max(0, idle.percentile(percent) / 1e6 - RESOLUTION_MS);
  return [
    {
      name: 'loop delay, back-fill and both trainings, p99',
      value: 1000 * (await child.gauge('event_loop_delay_p99_seconds')),
      baseline: idleMs(99),
      unit: 'ms',
      bar: { atMost: 20 },
    },
    {
      name: 'loop delay, back-fill and both trainings, p99.9',
      value: 1000 * (await child.gauge('event_loop_delay_p999_seconds')),
      baseline: idleMs(99.9),
      unit: 'ms',
      bar: { atMost: 100 },
    },
  ];
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

function isFilled({ collection }: StatusAnswer): boolean {
  return collection.series >= MANY && collection.backfill_percent >= 100;
}

/** A model serves, and nothing waits to be trained. */
function isAtRest({ queue, model }: StatusAnswer): boolean {
  return queue.pending + queue.running === 0 && model.trained >= 1;
}

async function sampleRss(child: DaemonChild): Promise<number> {
  const samples: number[] = [];
  for (let sample = 0; sample < MEMORY_SAMPLES; sample++) {
    samples.push(child.treeRssMb());
    await sleep(1000);
  }
  return median(samples);
}
