import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import { descendantsOf, waitForEnd } from '../daemon/process-table.js';
import { plantedCandles } from './planted-candles.js';
import { KEY, LAST_OPEN_TIME, type TrainingContext } from './training-context.js';

/** What the features reach back, and as many rows as a training needs. */
const BARS = 640 + 300;

/** Keys of so many instruments. */
export function keysOf(count: number): readonly ModelKey[] {
  return Array.from({ length: count }, (_, index) => ({ ...KEY, symbol: `A${index}/USDT` }));
}

/** Stores for each key a market of its own, just long enough to train on. */
export async function storeMarkets(
  context: TrainingContext,
  keys: readonly ModelKey[],
): Promise<void> {
  for (const [index, { symbol }] of keys.entries()) {
    const walk = { lastOpenTime: LAST_OPEN_TIME, seed: index + 1, momentum: 0.8 };
    await context.store(plantedCandles({ bars: BARS, ...walk }), symbol);
  }
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
