import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { expect } from 'vitest';
import type { ModelKey } from '../../src/domain/model-key.js';
import { descendantsOf, waitForEnd } from '../daemon/process-table.js';
import { storeMarkets } from './planted-markets.js';
import { KEY, type TrainingContext } from './training-context.js';

/** What the features reach back, and as many rows as a training needs. */
const BARS = 640 + 300;

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
