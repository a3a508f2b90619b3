import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelKey } from '../src/domain/model-key.js';
import type { Benchmark, BenchmarkResult, Figure } from './harness/benchmark.js';
import { differenceOf, readCounters } from './harness/server-counters.js';
import { median, percentile } from './harness/statistics.js';
import { loadMarkets } from './markets.js';
import {
  inBenchDatabase,
  withWorkers,
  type StaffedBench,
  type StaffedSite,
} from './staffed-site.js';
import type { TrainingSite } from './training-site.js';

/** One after the other, each for a worker that has nothing to do. */
const SINGLE_JOBS = 300;
/** Waiting when the workers begin. */
const WAITING_JOBS = 3_000;
const REST_MS = 50;
const POLL_MS = 2;
const MS_A_SECOND = 1_000;

/** P24: what the queue itself takes. */
export const queue: Benchmark = {
  name: 'queue',
  bar: 'P24',
  title: 'jobs that do nothing, through Redis to one and to two workers',
  run: () => inBenchDatabase(loadMarkets(1), measure),
};

async function measure(bench: StaffedBench): Promise<BenchmarkResult> {
  const claims = await withWorkers(bench, { count: 1 }, claimTimes);
  const throughput = await withWorkers(bench, { count: 2 }, measureThroughput);
  const bar = { atMost: 50 };
  return {
    figures: [
      {
        name: 'from request to claim on an idle worker, median',
        value: median(claims),
        unit: 'ms',
      },
      { name: 'from request to claim, p99', value: percentile(claims, 0.99), unit: 'ms', bar },
      ...throughput,
    ],
    notes: [
      'MySQL and Redis on this machine, default settings; jobs: increments of models that do not exist',
      'statements and commands are those of everybody who uses the servers meanwhile',
    ],
  };
}

/** Milliseconds until the claim is seen, which is a little after it. A worker's own clock may differ by as much. */
async function claimTimes({ site }: StaffedSite): Promise<readonly number[]> {
  const times: number[] = [];
  for (let number = 0; number < SINGLE_JOBS; number++) {
    await sleep(REST_MS);
    const requestedMs = performance.now();
    const keys = [emptyKey(site, number)];
    const { jobs } = await site.service.sessions.request({ keys, kind: 'incremental' });
    await untilClaimed(site, jobs[0]?.uid ?? '');
    // The first finds Redis opened for the first time.
    if (number > 0) times.push(performance.now() - requestedMs);
  }
  return times;
}

async function untilClaimed({ stores }: TrainingSite, uid: string): Promise<void> {
  while ((await stores.jobs.find(uid))?.startedAt === undefined) await sleep(POLL_MS);
}

async function measureThroughput({ site, place, all }: StaffedSite): Promise<readonly Figure[]> {
  const { sessions, queue: jobs } = site.service;
  await jobs.pause();
  const keys = Array.from({ length: WAITING_JOBS }, (_, number) => emptyKey(site, number));
  await sessions.request({ keys, kind: 'incremental' });
  const countersBefore = await readCounters(place.url);
  const workersBefore = all.map((worker) => worker.processorSec);
  const ownBefore = process.cpuUsage();
  const startedAt = performance.now();
  await jobs.resume();
  await untilNoneWaits(site);
  const seconds = (performance.now() - startedAt) / MS_A_SECOND;
  const own = process.cpuUsage(ownBefore);
  const workersSec = all.reduce(
    (sum, worker, index) => sum + worker.processorSec - (workersBefore[index] ?? NaN),
    0,
  );
  const counters = differenceOf(countersBefore, await readCounters(place.url));
  const bar = { atLeast: 300 };
  const ownMs = (own.user + own.system) / MS_A_SECOND;
  return [
    { name: 'jobs that do nothing, 2 workers', value: WAITING_JOBS / seconds, unit: '/s', bar },
    { name: 'a job: statements', value: counters.statements / WAITING_JOBS, unit: '' },
    { name: 'a job: commands of Redis', value: counters.redisCommands / WAITING_JOBS, unit: '' },
    {
      name: "a job: its worker's processor time",
      value: (MS_A_SECOND * workersSec) / WAITING_JOBS,
      unit: 'ms',
    },
    { name: "a job: the daemon's processor time", value: ownMs / WAITING_JOBS, unit: 'ms' },
  ];
}

async function untilNoneWaits({ stores, options: { venue } }: TrainingSite): Promise<void> {
  while (await stores.jobs.isAnyPending({ venue })) await sleep(REST_MS);
}

/** Of an instrument that has no model, so that there is nothing to continue. */
function emptyKey({ options }: TrainingSite, number: number): ModelKey {
  const { venue } = options;
  return { venue, symbol: `NONE${number}/USDT`, timeframe: '1h', bot: 'catboost' };
}
