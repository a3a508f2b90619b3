import { expect, test } from 'vitest';
import type { CollectionStores } from '../../src/collection/collection-stores.js';
import type { Collector } from '../../src/collection/collector.js';
import type { Stores } from '../../src/storage/stores.js';
import { forEachEngine } from '../database.js';
import { HOUR, T0, useCollectionRigs, type CollectionRig } from './collection-rig.js';

const POLL = { timeout: 15_000, interval: 5 };

/** What listeners receive, in hours after `T0`. */
interface Announced {
  readonly closed: number[];
  readonly revisedFrom: number[];
}

/** Follows the series from `T0` on, without its bar 0. */
async function followWithoutBarZero(
  rig: CollectionRig,
  stores: CollectionStores,
): Promise<Announced> {
  rig.edit('BTCUSDT', 0);
  const collector: Collector = rig.collect(stores);
  const announced: Announced = { closed: [], revisedFrom: [] };
  collector.subscribe({
    closedCandles: (_, candles) => announced.closed.push(...candles.map(hourOf)),
    revised: (_, openTime) => announced.revisedFrom.push(hourOf({ openTime })),
  });
  await expect.poll(() => collector.status().phase, POLL).toBe('following');
  return announced;
}

const hourOf = ({ openTime }: { openTime: number }): number => (openTime - T0) / HOUR;

/** The same stores, with something happening once right after that bar was stored. */
function afterStoring(stores: Stores, hour: number, act: () => void): CollectionStores {
  let isDone = false;
  const upsert: Stores['candles']['upsert'] = async (...given) => {
    const counts = await stores.candles.upsert(...given);
    if (!isDone && given[1].some((candle) => hourOf(candle) === hour)) {
      isDone = true;
      act();
    }
    return counts;
  };
  // Everything but `upsert` is the store's own.
  const candles = new Proxy(stores.candles, {
    get: (target, name) => {
      if (name === 'upsert') return upsert;
      const member: unknown = Reflect.get(target, name, target);
      return typeof member === 'function' ? (member.bind(target) as unknown) : member;
    },
  });
  return { ...stores, candles };
}

async function advanceUntil(rig: CollectionRig, isThere: () => boolean): Promise<void> {
  await expect
    .poll(async () => {
      await rig.clock.advance(500);
      return isThere();
    }, POLL)
    .toBe(true);
}

/** Two bars close while the venue is away, so that one answer brings both. */
async function missTwoBars(rig: CollectionRig): Promise<void> {
  rig.server.isDown = true;
  await rig.clock.advance(2 * HOUR);
  // The earlier requests have failed by then: each attempt asks twice.
  rig.takeCandleRequests();
  let asked = 0;
  await advanceUntil(rig, () => {
    asked += rig.takeCandleRequests().length;
    return asked >= 3;
  });
  rig.server.isDown = false;
}

forEachEngine((engine) => {
  const createRig = useCollectionRigs();

  test('a stored candle is announced although the request after it failed', async () => {
    const { stores } = await engine.open();
    const rig = await createRig();
    const fault = { path: '/api/v3/klines', kind: '502' } as const;
    const failOnce = afterStoring(stores, 1, () => rig.server.faults.push(fault, fault));
    const announced = await followWithoutBarZero(rig, failOnce);
    await missTwoBars(rig);
    await advanceUntil(rig, () => announced.closed.includes(1));
    expect(rig.server.faults).toEqual([]);
    await rig.clock.advance(HOUR);
    await advanceUntil(rig, () => announced.closed.includes(2));
    expect(announced.closed).toEqual([1, 2]);
  });

  test('a bar that only the second request brings is announced in its place', async () => {
    const { stores } = await engine.open();
    const rig = await createRig();
    const row = rig.klines.get('BTCUSDT')?.find(([openTime]) => openTime === T0) ?? [];
    const showBar = afterStoring(stores, 1, () => insertRow(rig, row));
    const announced = await followWithoutBarZero(rig, showBar);
    await missTwoBars(rig);
    await advanceUntil(rig, () => announced.closed.includes(1));
    expect(announced.closed).toEqual([0, 1]);
  });

  test('a bar that comes after newer ones were announced counts as a revision', async () => {
    const { stores } = await engine.open();
    const rig = await createRig();
    const row = rig.klines.get('BTCUSDT')?.find(([openTime]) => openTime === T0) ?? [];
    const announced = await followWithoutBarZero(rig, stores);
    await rig.clock.advance(2 * HOUR);
    await advanceUntil(rig, () => announced.closed.includes(1));
    expect(announced).toEqual({ closed: [1], revisedFrom: [] });
    insertRow(rig, row);
    await rig.clock.advance(HOUR);
    await advanceUntil(rig, () => announced.closed.includes(2));
    expect(announced.closed).toEqual([1, 2]);
    expect(announced.revisedFrom).toHaveLength(1);
    expect(announced.revisedFrom[0]).toBeLessThanOrEqual(0);
    const key = { venue: 'testvenue', symbol: 'BTC/USDT', timeframe: '1h' } as const;
    const { id } = (await stores.series.find(key)) ?? { id: 0 };
    expect((await stores.candles.latest(id, 3)).map(hourOf)).toEqual([0, 1, 2]);
  });
});

function insertRow(rig: CollectionRig, row: unknown[]): void {
  const rows = rig.klines.get('BTCUSDT') ?? [];
  rows.push(row);
  rows.sort(([one], [other]) => Number(one) - Number(other));
}
