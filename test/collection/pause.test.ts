import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import type { Collector } from '../../src/collection/collector.js';
import { forEachEngine } from '../database.js';
import { useCollectionRigs, type CollectionRig, HOUR, T0 } from './collection-rig.js';

const POLL = { timeout: 15_000, interval: 5 };
const PAUSED = 'PAUSE DETECTED: Collection paused';
const RESUMED = 'RESUMING: Collection resumed';
/** 880 bars, by nine pages of 100. */
const DEPTH = { historyDays: 10, trainMonthsBack: 6 } as const;

const folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-test-'));
const pauseFile = path.join(folder, 'pause_collector.txt');

afterEach(() => {
  rmSync(pauseFile, { force: true });
});

afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function pauseLines(rig: CollectionRig): string[] {
  return rig.logger.lines
    .map(({ message }) => message)
    .filter((message) => message === PAUSED || message === RESUMED);
}

function candleRequests(rig: CollectionRig): number {
  return rig.server.requests.filter((request) => request.includes('klines')).length;
}

async function seen(rig: CollectionRig, isThere: () => boolean): Promise<void> {
  await expect
    .poll(async () => {
      await rig.clock.advance(500);
      return isThere();
    }, POLL)
    .toBe(true);
}

async function isHeld(rig: CollectionRig, collector: Collector): Promise<void> {
  await seen(rig, () => collector.status().pausedBy === pauseFile);
  // A request that was under way is still answered and its page stored.
  await expect
    .poll(async () => {
      const before = candleRequests(rig);
      await new Promise((resolve) => setImmediate(resolve));
      await rig.clock.advance(1_000);
      return candleRequests(rig) - before;
    }, POLL)
    .toBe(0);
}

forEachEngine((engine) => {
  const createRig = useCollectionRigs();

  describe('a pause', () => {
    test('in the middle of a back-fill keeps what is there and goes on from it', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      rig.server.pageLimit = 100;
      const collector = rig.collect(stores, { history: DEPTH, pauseFile });
      await expect.poll(() => candleRequests(rig), POLL).toBeGreaterThanOrEqual(3);
      writeFileSync(pauseFile, '');
      await isHeld(rig, collector);
      const { barsDone, barsWanted } = collector.status().progress;
      expect(barsDone).toBeGreaterThan(0);
      expect(barsDone).toBeLessThan(barsWanted);
      const { id } = await stores.series.ensure({
        venue: 'testvenue',
        symbol: 'BTC/USDT',
        marketId: 'BTCUSDT',
        timeframe: '1h',
      });
      const storedThen = await stores.candles.count(id);
      rmSync(pauseFile);
      await seen(rig, () => collector.status().phase === 'following');
      expect(await stores.candles.count(id)).toBe(880);
      const starts = rig
        .takeCandleRequests()
        .map((query) => (Number(query.get('startTime')) - T0) / HOUR);
      // No page twice: each request begins where the one before it ended.
      expect(starts).toEqual([...new Set(starts)].sort((a, b) => a - b));
      expect(storedThen).toBeLessThan(880);
      expect(pauseLines(rig)).toEqual([PAUSED, RESUMED]);
    });

    test('that is there at the start holds candles and no prices', async () => {
      const { stores } = await engine.open();
      writeFileSync(pauseFile, '');
      const rig = await createRig();
      const collector = rig.collect(stores, { pauseFile });
      await seen(rig, () => collector.quotes.find('BTC/USDT') !== undefined);
      await isHeld(rig, collector);
      expect(candleRequests(rig)).toBe(0);
      rmSync(pauseFile);
      await seen(rig, () => collector.status().phase === 'following');
      expect(pauseLines(rig)).toEqual([PAUSED, RESUMED]);
    });

    test('while bars close lets none be lost, also the second time', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      const collector = rig.collect(stores, { pauseFile });
      const announced: number[] = [];
      collector.subscribe({
        closedCandles: (_, candles) =>
          announced.push(...candles.map(({ openTime }) => (openTime - T0) / HOUR)),
      });
      await seen(rig, () => collector.status().phase === 'following');
      for (const last of [1, 3]) {
        writeFileSync(pauseFile, '');
        await isHeld(rig, collector);
        const before = announced.length;
        await rig.clock.advance(2 * HOUR);
        expect(announced).toHaveLength(before);
        rmSync(pauseFile);
        await seen(rig, () => announced.at(-1) === last);
      }
      expect(announced).toEqual([0, 1, 2, 3]);
      expect(pauseLines(rig)).toEqual([PAUSED, RESUMED, PAUSED, RESUMED]);
    });

    test('does not keep collection from stopping, and holds the next one', async () => {
      const { stores } = await engine.open();
      const rig = await createRig();
      rig.server.pageLimit = 100;
      const first = rig.collect(stores, { history: DEPTH, pauseFile });
      await expect.poll(() => candleRequests(rig), POLL).toBeGreaterThanOrEqual(2);
      writeFileSync(pauseFile, '');
      await isHeld(rig, first);
      await first.stop();
      rig.takeCandleRequests();
      const second = rig.collect(stores, { history: DEPTH, pauseFile });
      await isHeld(rig, second);
      expect(candleRequests(rig)).toBe(0);
      rmSync(pauseFile);
      await seen(rig, () => second.status().phase === 'following');
      expect(second.status().pausedBy).toBeUndefined();
    });
  });
});
