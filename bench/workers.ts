import { readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import path from 'node:path';
import { fitSeconds } from './fit-seconds.js';
import type { Benchmark, BenchmarkResult, Figure } from './harness/benchmark.js';
import { differenceOf, readCounters, type ServerCounters } from './harness/server-counters.js';
import { loadMarkets } from './markets.js';
import { inBenchDatabase, withWorkers, type StaffedBench } from './staffed-site.js';
import { openTrainingSite, type TrainingSite } from './training-site.js';

const INSTRUMENTS = 100;
const WORKERS = [1, 2, 4] as const;

/** P1: one machine in place of several. */
export const workers: Benchmark = {
  name: 'workers',
  bar: 'P1',
  title: '100 instruments on Redis with 1, 2 and 4 workers',
  run: () => inBenchDatabase(loadMarkets(INSTRUMENTS), measure),
};

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

async function measure(bench: StaffedBench): Promise<BenchmarkResult> {
  const local = await trainLocally(bench);
  const runs: { readonly count: number; readonly run: Run }[] = [];
  for (const count of WORKERS) runs.push({ count, run: await trainByWorkers(bench, count) });
  return {
    figures: [
      { name: 'local queue, one trainer', value: local.seconds, unit: 's', baseline: local.fitSec },
      ...runs.flatMap(({ count, run }) => figuresOf(count, run, local)),
    ],
    notes: [
      `${bench.markets.source}; MySQL, Redis, default settings, selection reused; baseline: fits and refits alone`,
      `workers are processes of npm run worker on this machine, which has ${availableParallelism()} cores`,
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
async function trainLocally({ folder, location, markets }: StaffedBench): Promise<Run> {
  const site = await openTrainingSite(markets, { folder, location });
  try {
    await site.trainAll('manual');
    return await trainOnce(site);
  } finally {
    await site.close();
  }
}

async function trainByWorkers(bench: StaffedBench, count: number): Promise<Run> {
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
