import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ModelKey } from '../src/domain/model-key.js';
import type { MysqlLocation } from '../src/storage/connection/location.js';
import type { RedisPlace } from '../src/training/remote/redis-place.js';
import { dropDatabase, mysqlLocation } from '../test/mysql-server.js';
import { dropNames, redisPlace } from '../test/redis-server.js';
import { PROGRAM_VERSION as version } from '../test/training/worker-process.js';
import { fitSeconds } from './fit-seconds.js';
import type { Benchmark, BenchmarkResult, Figure } from './harness/benchmark.js';
import { differenceOf, readCounters, type ServerCounters } from './harness/server-counters.js';
import { median, percentile } from './harness/statistics.js';
import { loadMarkets, type Markets } from './markets.js';
import { openTrainingSite, type TrainingSite } from './training-site.js';
import { WatchedWorker } from './watched-worker.js';

const INSTRUMENTS = 100;
const WORKERS = [1, 2, 4] as const;
/** One after the other, each for a worker that has nothing to do. */
const SINGLE_JOBS = 300;
/** Waiting when the workers begin. */
const WAITING_JOBS = 3_000;
const REST_MS = 50;
const POLL_MS = 2;

/** P1, P24: one machine in place of several. */
export const workers: Benchmark = {
  name: 'workers',
  bar: 'P1 P24',
  title: '100 instruments on Redis with 1, 2 and 4 workers, and jobs that do nothing',
  async run() {
    const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-bench-'));
    const location = mysqlLocation();
    try {
      return await measure({ folder, location, markets: loadMarkets(INSTRUMENTS) });
    } finally {
      await dropDatabase(location);
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

interface Bench {
  readonly folder: string;
  readonly location: MysqlLocation;
  readonly markets: Markets;
}

interface Run {
  readonly seconds: number;
  /** Fits and refits, by the trainers' own clocks. */
  readonly fitSec: number;
  /** Of these, the base model's, for which all other jobs wait. */
  readonly baseSec: number;
  readonly peakMb?: number;
  /** While it ran. */
  readonly counters?: ServerCounters;
  /** Of the files of a model that serves. */
  readonly modelBytes?: number;
}

async function measure(bench: Bench): Promise<BenchmarkResult> {
  const local = await trainLocally(bench);
  const runs: { readonly count: number; readonly run: Run }[] = [];
  for (const count of WORKERS) runs.push({ count, run: await trainByWorkers(bench, count) });
  return {
    figures: [
      { name: 'local queue, one trainer', value: local.seconds, unit: 's', baseline: local.fitSec },
      ...runs.flatMap(({ count, run }) => figuresOf(count, run, local)),
      ...(await measureEmptyJobs(bench)),
    ],
    notes: [
      `${bench.markets.source}; MySQL, Redis, default settings, selection reused; baseline: fits and refits alone`,
      `workers are processes of npm run worker on this machine, which has ${availableParallelism()} cores`,
      'jobs that do nothing: increments of models that do not exist',
    ],
  };
}

function figuresOf(count: number, run: Run, local: Run): Figure[] {
  const name = count === 1 ? '1 worker' : `${count} workers`;
  return [
    { name, value: run.seconds, unit: 's', baseline: run.fitSec },
    {
      name: `${name}: in terms of the fits`,
      value: run.seconds / run.fitSec,
      unit: '×',
      ...(count === 2 ? { bar: { atMost: 1.15 } } : {}),
    },
    { name: `${name}: in terms of the local queue`, value: run.seconds / local.seconds, unit: '×' },
    { name: `${name}: the base model, for which all wait`, value: run.baseSec, unit: 's' },
    { name: `${name}: memory of one, with its children`, value: run.peakMb ?? NaN, unit: 'MB' },
    ...(count === 2 ? loadOf(run) : []),
  ];
}

/** What a job costs the servers that all workers share. */
function loadOf({ counters, modelBytes = NaN }: Run): Figure[] {
  const aJob = (total = NaN): number => total / INSTRUMENTS;
  return [
    { name: 'a job: statements of the database', value: aJob(counters?.statements), unit: '' },
    { name: 'a job: of these, writes', value: aJob(counters?.writes), unit: '' },
    { name: 'a job: commands of Redis', value: aJob(counters?.redisCommands), unit: '' },
    { name: 'files of a model that serves', value: modelBytes / 1e6, unit: 'MB' },
  ];
}

/** The first session selects features; the second is the one that counts. */
async function trainLocally({ folder, location, markets }: Bench): Promise<Run> {
  const site = await openTrainingSite(markets, { folder, location });
  try {
    await site.trainAll('manual');
    return await trainOnce(site);
  } finally {
    await site.close();
  }
}

async function trainByWorkers(bench: Bench, count: number): Promise<Run> {
  return withWorkers(bench, { count }, async ({ site, place, all }) => {
    const before = await readCounters(place.url);
    const run = await trainOnce(site);
    const counters = differenceOf(before, await readCounters(place.url));
    const peakMb = Math.max(...all.map((worker) => worker.peakMb));
    return { ...run, peakMb, counters, modelBytes: await bytesOf(site) };
  });
}

/** Mean of the folders of the newest models; one that was rejected has no folder. */
async function bytesOf(site: TrainingSite): Promise<number> {
  const folders = (await site.records()).flatMap(({ modelPath }) =>
    modelPath === undefined ? [] : [path.join(site.options.modelsDir, modelPath)],
  );
  const files = folders.flatMap((folder) =>
    readdirSync(folder, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => path.join(entry.parentPath, entry.name)),
  );
  return files.reduce((sum, file) => sum + statSync(file).size, 0) / folders.length;
}

async function trainOnce(site: TrainingSite): Promise<Run> {
  const seconds = await site.trainAll('manual');
  const [newest] = await site.baseModels();
  const base = newest === undefined ? [] : [newest];
  const baseSec = fitSeconds([], base);
  return { seconds, baseSec, fitSec: fitSeconds(await site.records(), base) };
}

interface Staffed {
  readonly site: TrainingSite;
  readonly place: RedisPlace;
  readonly all: readonly WatchedWorker[];
}

async function withWorkers<T>(
  { folder, location, markets }: Bench,
  { count }: { readonly count: number },
  use: (staffed: Staffed) => Promise<T>,
): Promise<T> {
  const place = redisPlace();
  const site = await openTrainingSite(markets, { folder, location, remote: { place, version } });
  const all: WatchedWorker[] = [];
  try {
    const { modelsDir } = site.options;
    for (let number = 1; number <= count; number++) {
      const dataDir = path.join(folder, `worker-${number}`);
      all.push(await WatchedWorker.start({ location, place, modelsDir, dataDir }));
    }
    return await use({ site, place, all });
  } finally {
    await Promise.all(all.map((worker) => worker.stop()));
    await site.close();
    await dropNames(place);
  }
}

async function measureEmptyJobs(bench: Bench): Promise<Figure[]> {
  const claims = await withWorkers(bench, { count: 1 }, claimTimes);
  const perSecond = await withWorkers(bench, { count: 2 }, jobsPerSecond);
  const bar = { atMost: 50 };
  return [
    { name: 'from request to claim on an idle worker, median', value: median(claims), unit: 'ms' },
    { name: 'from request to claim, p99', value: percentile(claims, 0.99), unit: 'ms', bar },
    {
      name: 'jobs that do nothing, 2 workers',
      value: perSecond,
      unit: '/s',
      bar: { atLeast: 300 },
    },
  ];
}

/** Milliseconds, by the one clock of this machine. */
async function claimTimes({ site }: Staffed): Promise<readonly number[]> {
  const times: number[] = [];
  for (let number = 0; number < SINGLE_JOBS; number++) {
    await sleep(REST_MS);
    const requestedAt = Date.now();
    const keys = [emptyKey(site, number)];
    const { jobs } = await site.service.sessions.request({ keys, kind: 'incremental' });
    const startedAt = await untilBegun(site, jobs[0]?.uid ?? '');
    // The first finds Redis opened for the first time.
    if (number > 0) times.push(startedAt - requestedAt);
  }
  return times;
}

async function untilBegun({ stores }: TrainingSite, uid: string): Promise<number> {
  for (;;) {
    const job = await stores.jobs.find(uid);
    if (job?.startedAt !== undefined && job.status !== 'running') return job.startedAt;
    await sleep(POLL_MS);
  }
}

async function jobsPerSecond({ site }: Staffed): Promise<number> {
  const { sessions, queue } = site.service;
  await queue.pause();
  const keys = Array.from({ length: WAITING_JOBS }, (_, number) => emptyKey(site, number));
  await sessions.request({ keys, kind: 'incremental' });
  const startedAt = performance.now();
  await queue.resume();
  const one = { limit: 1, offset: 0 };
  const { venue } = site.options;
  while ((await site.stores.jobs.list({ venue, status: 'pending' }, one)).total > 0) {
    await sleep(REST_MS);
  }
  return (1000 * WAITING_JOBS) / (performance.now() - startedAt);
}

/** Of an instrument that has no model, so that there is nothing to continue. */
function emptyKey({ options }: TrainingSite, number: number): ModelKey {
  const { venue } = options;
  return { venue, symbol: `NONE${number}/USDT`, timeframe: '1h', bot: 'catboost' };
}
