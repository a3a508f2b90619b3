import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import { descendantsOf, waitForEnd } from '../daemon/process-table.js';
import { filesBelow } from './files-below.js';
import { storeMarkets } from './planted-markets.js';
import { KEY, type TrainingContext } from './training-context.js';

/** What the features reach back, and as many rows as a training needs. */
const BARS = 640 + 300;

/** Trainings that are over as soon as they begin, or nearly. */
export const SHORT_TRAININGS = {
  minInitialTrainSamples: 200,
  historyDays: 15,
  candidateFeatures: ['log_return_1', 'log_return_2', 'log_return_4'],
  symbols: [],
} as const;

/** Keys of so many instruments. */
export function keysOf(count: number): readonly ModelKey[] {
  return Array.from({ length: count }, (_, index) => ({ ...KEY, symbol: `A${index}/USDT` }));
}

/** Stores for each key a market of its own, just long enough to train on. */
export function storeShortMarkets(
  context: TrainingContext,
  keys: readonly ModelKey[],
): Promise<void> {
  const symbols = keys.map(({ symbol }) => symbol);
  return storeMarkets(context, symbols, { bars: BARS });
}

/** Jobs that have not ended. */
export async function countOpen({ stores }: TrainingContext): Promise<number> {
  const one = { limit: 1, offset: 0 };
  const pending = await stores.jobs.list({ venue: KEY.venue, status: 'pending' }, one);
  const running = await stores.jobs.list({ venue: KEY.venue, status: 'running' }, one);
  return pending.total + running.total;
}

/** Kills a process, whose whole family must be gone after its end. */
export async function killFamily(child: ChildProcess): Promise<void> {
  const family = descendantsOf(child.pid ?? 0);
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
  expect(await waitForEnd(family)).toEqual([]);
}

export interface FailedJobs {
  readonly jobs: number;
  /** Most that may be given up at their second dead owner. */
  readonly mostGivenUp: number;
}

/** Every job has failed once, as its trainer ends each, with one record and one evidence, and nothing is left on disk. */
export async function expectEachFailedOnce(
  { stores, options }: TrainingContext,
  { jobs: count, mostGivenUp }: FailedJobs,
): Promise<void> {
  const page = { limit: 2 * count, offset: 0 };
  const { rows: jobs } = await stores.jobs.list({ venue: KEY.venue }, page);
  const { rows: records } = await stores.models.list({ venue: KEY.venue }, page);
  expect(jobs).toHaveLength(count);
  expect(new Set(jobs.map(({ status }) => status))).toEqual(new Set(['failed']));
  expect(records.map(({ jobUid }) => jobUid).sort()).toEqual(jobs.map(({ uid }) => uid).sort());
  for (const job of jobs) {
    const evidence = await stores.evidence.listByJob(job.uid);
    expect(evidence.map(({ modelUid }) => modelUid)).toEqual([job.modelUid]);
  }
  const givenUp = jobs.filter(({ errorCode }) => errorCode === 'owner_died').length;
  const ended = jobs.filter(({ errorCode }) => errorCode === 'internal').length;
  expect(givenUp + ended).toBe(count);
  expect(givenUp).toBeLessThanOrEqual(mostGivenUp);
  expect(filesBelow(options.modelsDir).filter((name) => name.endsWith('.onnx'))).toEqual([]);
  expect(filesBelow(options.workDir)).toEqual([]);
}
