import { rm } from 'node:fs/promises';
import path from 'node:path';
import type { DaemonChild } from './daemon-child.js';
import type { Benchmark, Figure } from './harness/benchmark.js';
import { load } from './harness/http-load.js';
import { percentile } from './harness/statistics.js';
import { dashboardNotes, withDashboards } from './open-dashboards.js';
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
      figures: await withDashboards(dashboards, child.url, async () => [
        await measureCached(child, symbols),
        await measureMissed(child, symbols),
        ...(await measureWhileTraining(child, { site, symbols })),
      ]),
      notes: [
        `${symbols.length} symbols whose models serve, a real daemon process, SQLite`,
        `cached: ${RATE} requests a second over 10 connections, ${SECONDS} s`,
        `missed: the cache is cleared, then each symbol is asked for once, ${ROUNDS} times`,
        `while training: ${TRAINED} models are trained meanwhile; ${RATE} requests a second over 50 connections`,
        ...dashboardNotes(dashboards),
      ],
    }));
  },
};

const pathOf = (symbol: string): string => `/api/predictions/${encodeURIComponent(symbol)}`;

async function measureCached(child: DaemonChild, symbols: readonly string[]): Promise<Figure> {
  const paths = symbols.map(pathOf);
  const options = { port: child.port, paths, connections: 10, rate: RATE };
  await load({ ...options, seconds: 3 });
  const { failed, p99Ms } = await load({ ...options, seconds: SECONDS, onAnswer: assertCached });
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return { name: 'cached, p99', value: p99Ms, unit: 'ms', bar: { atMost: 5 } };
}

function assertCached(text: string): void {
  if (!text.includes('"cached":true')) throw new Error(`Not cached: ${text}`);
}

async function measureMissed(child: DaemonChild, symbols: readonly string[]): Promise<Figure> {
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
  return { name: 'missed, p99', value: percentile(times, 0.99), unit: 'ms', bar: { atMost: 50 } };
}

async function measureWhileTraining(
  child: DaemonChild,
  { site, symbols }: Pick<ServedMany, 'site' | 'symbols'>,
): Promise<Figure[]> {
  await rm(path.join(site.dataDir, 'pause.txt'));
  await fetch(`${child.url}/api/training/start-auto`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ symbols: symbols.slice(0, TRAINED) }),
  });
  await child.until(({ queue }) => queue.running > 0, { steadyMs: 3000, limitMs: 60_000 });
  const paths = symbols.slice(TRAINED).map(pathOf);
  const options = { port: child.port, paths, connections: 50, seconds: SECONDS };
  const steady = await load({ ...options, rate: RATE });
  const full = await load(options);
  const { queue } = await child.status();
  if (queue.running === 0) throw new Error('The training was over before the measurement was');
  const failed = steady.failed + full.failed;
  if (failed > 0) throw new Error(`${failed} requests failed`);
  return [
    {
      name: 'cached while training, 50 connections, p99',
      value: steady.p99Ms,
      unit: 'ms',
      bar: { atMost: 20 },
    },
    { name: 'the same without a rate limit', value: full.perSecond, unit: 'requests/s' },
    { name: 'the same without a rate limit, p99', value: full.p99Ms, unit: 'ms' },
  ];
}
