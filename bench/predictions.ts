import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { DaemonChild } from './daemon-child.js';
import type { Benchmark, Figure } from './harness/benchmark.js';
import { load } from './harness/http-load.js';
import { percentile } from './harness/statistics.js';
import {
  dashboardNotes,
  measureBeside,
  withDashboards,
  type OpenDashboards,
} from './open-dashboards.js';
import { withServedMany, type ServedMany } from './served-site.js';

const SECONDS = 15;
const ROUNDS = 5;
/** Requests a second of a busy dashboard and some scripts together. */
const RATE = 200;
const TRAINED = 12;

/** P9: the time of `GET /api/predictions/{symbol}`: cached, computed, and while models are trained. */
export const predictions: Benchmark = {
  name: 'predictions',
  bar: 'P9',
  title: 'predictions over the API: cached, missed, while training',
  run({ dashboards }) {
    return withServedMany(async ({ child, symbols, site }) => ({
      figures: await withDashboards(dashboards, child.url, async (open) => [
        ...(await measureBeside(open, CACHED, () => measureCached(child, symbols))),
        ...(await measureBeside(open, MISSED, () => measureMissed(child, symbols))),
        ...(await measureWhileTraining({ child, site, symbols }, open)),
      ]),
      notes: [
        `${symbols.length} symbols whose models serve, a real daemon process, SQLite`,
        `cached: ${RATE} requests a second over 10 connections, ${SECONDS} s`,
        `missed: the cache is cleared, then each symbol is asked for once, ${ROUNDS} times`,
        `while training: ${TRAINED} models (twice as many with dashboards) are trained meanwhile; ${RATE} requests a second over 50 connections`,
        ...dashboardNotes(dashboards),
      ],
    }));
  },
};

const CACHED = { name: 'cached, p99', unit: 'ms', bar: { atMost: 5 } } as const;
const MISSED = { name: 'missed, p99', unit: 'ms', bar: { atMost: 50 } } as const;
const TRAINING = {
  name: 'cached while training, 50 connections, p99',
  unit: 'ms',
  bar: { atMost: 20 },
} as const;

const pathOf = (symbol: string): string => `/api/predictions/${encodeURIComponent(symbol)}`;

async function measureCached(child: DaemonChild, symbols: readonly string[]): Promise<number> {
  const paths = symbols.map(pathOf);
  const options = { port: child.port, paths, connections: 10, rate: RATE };
  await load({ ...options, seconds: 3 });
  const { failed, p99Ms } = await load({ ...options, seconds: SECONDS, onAnswer: assertCached });
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return p99Ms;
}

function assertCached(text: string): void {
  if (!text.includes('"cached":true')) throw new Error(`Not cached: ${text}`);
}

async function measureMissed(child: DaemonChild, symbols: readonly string[]): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await fetch(`${child.url}/api/predictions/cache`, {
      method: 'DELETE',
      headers: { 'content-type': 'application/json' },
    });
    for (const symbol of symbols) {
      const startedAt = performance.now();
      const text = await (await fetch(child.url + pathOf(symbol))).text();
      times.push(performance.now() - startedAt);
      if (!text.includes('"cached":false')) throw new Error(`Not missed: ${text}`);
    }
  }
  return percentile(times, 0.99);
}

async function measureWhileTraining(
  { child, site, symbols }: ServedMany,
  open: OpenDashboards | undefined,
): Promise<Figure[]> {
  // It has to last through the baseline too.
  const trained = open === undefined ? TRAINED : 2 * TRAINED;
  await rm(path.join(site.dataDir, 'pause.txt'));
  await fetch(`${child.url}/api/training/start-auto`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ symbols: symbols.slice(0, trained) }),
  });
  await child.until(({ queue }) => queue.running > 0, { steadyMs: 3000, limitMs: 60_000 });
  const paths = symbols.slice(trained).map(pathOf);
  const options = { port: child.port, paths, connections: 50, seconds: SECONDS };
  const steady = await measureBeside(open, TRAINING, async () => {
    const { failed, p99Ms } = await load({ ...options, rate: RATE });
    if (failed > 0) throw new Error(`${failed} requests failed`);
    return p99Ms;
  });
  const full = await load(options);
  const { queue } = await child.status();
  if (queue.running === 0) throw new Error('The training was over before the measurement was');
  if (full.failed > 0) throw new Error(`${full.failed} requests failed`);
  return [
    ...steady,
    { name: 'the same without a rate limit', value: full.perSecond, unit: 'requests/s' },
    { name: 'the same without a rate limit, p99', value: full.p99Ms, unit: 'ms' },
  ];
}
