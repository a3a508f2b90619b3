import { Worker } from 'node:worker_threads';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { BarState } from '../../src/domain/candle-columns.js';
import { barIndex } from '../../src/domain/timeframe.js';
import { compiledUrl } from '../../src/lib/workers/worker.js';
import { ConfigError, RejectedError } from '../../src/lib/errors.js';
import { loadColumns } from '../../src/storage/reader/load-columns.js';
import { openReader } from '../../src/storage/reader/open-reader.js';
import type { Stores } from '../../src/storage/stores.js';
import { forEachEngine } from '../database.js';
import { aCandle, HOUR_MS, SERIES_KEY, START_MS } from './rows.js';

const FIRST_INDEX = barIndex(START_MS, '1h');

const at = (index: number): number => START_MS + index * HOUR_MS;

/** Bars 0 to 3 and 7 to 9 are stored; 4 and 5 are known to be empty; 6 is not collected yet. */
async function seriesWithGap(stores: Stores): Promise<number> {
  const { id } = await stores.series.ensure(SERIES_KEY);
  const stored = [0, 1, 2, 3, 7, 8, 9].map((index) => aCandle(index));
  await stores.candles.upsert(id, stored, 'rest');
  await stores.knownGaps.add(id, [{ fromOpenTime: at(4), toOpenTime: at(5), reason: 'empty' }]);
  await stores.series.setFirstBarAt(id, at(0));
  return id;
}

const { stored: S, filler: F, unknown: U } = BarState;

forEachEngine((engine) => {
  describe('loadColumns', () => {
    it('lays a series on its grid, with fillers where a gap is known', async () => {
      const { database, stores } = await engine.open();
      const id = await seriesWithGap(stores);
      const columns = await loadColumns(database, id, {});
      expect(columns).toMatchObject({ timeframe: '1h', firstIndex: FIRST_INDEX, length: 10 });
      expect(columns.firstBarIndex).toBe(FIRST_INDEX);
      expect([...columns.state]).toEqual([S, S, S, S, F, F, U, S, S, S]);
      expect([...columns.close]).toEqual([100, 101, 102, 103, 103, 103, 103, 107, 108, 109]);
      expect([...columns.volume]).toEqual([10, 11, 12, 13, 0, 0, 0, 17, 18, 19]);
    });

    it('gives the same bars wherever the stretch begins', async () => {
      const { database, stores } = await engine.open();
      const id = await seriesWithGap(stores);
      const whole = await loadColumns(database, id, {});
      for (let from = 0; from < 10; from++) {
        const part = await loadColumns(database, id, { fromOpenTime: at(from) });
        expect(part.firstIndex).toBe(FIRST_INDEX + from);
        expect([...part.close]).toEqual([...whole.close].slice(from));
        expect([...part.state]).toEqual([...whole.state].slice(from));
      }
    });

    it('reaches up to the bar that is asked for', async () => {
      const { database, stores } = await engine.open();
      const id = await seriesWithGap(stores);
      const range = { fromOpenTime: at(2), toOpenTime: at(5) };
      const columns = await loadColumns(database, id, range);
      expect([...columns.state]).toEqual([S, S, F, F]);
      const beyond = await loadColumns(database, id, { fromOpenTime: at(9), toOpenTime: at(11) });
      expect([...beyond.state]).toEqual([S, U, U]);
    });

    it('is empty for a series without candles and refuses one that is not there', async () => {
      const { database, stores } = await engine.open();
      const { id } = await stores.series.ensure(SERIES_KEY);
      expect((await loadColumns(database, id, {})).length).toBe(0);
      await expect(loadColumns(database, id + 1, {})).rejects.toThrow(RejectedError);
    });
  });

  describe('a reader', () => {
    it('reads on a connection of its own what the database reads', async () => {
      const { database, stores } = await engine.open();
      const id = await seriesWithGap(stores);
      const awkward = aCandle(10, { close: 0.1 + 0.2, high: 9e99, low: 5e-324, open: 1 / 3 });
      await stores.candles.upsert(id, [awkward], 'rest');
      const reader = await openReader(database.location);
      expect(await loadColumns(reader, id, {})).toEqual(await loadColumns(database, id, {}));
      await stores.candles.upsert(id, [aCandle(11)], 'rest');
      expect((await loadColumns(reader, id, {})).length).toBe(12);
      await reader.close();
      await reader.close();
    });

    it('works in a worker thread, from plain data', async () => {
      const { database, stores } = await engine.open();
      const id = await seriesWithGap(stores);
      const worker = new Worker(compiledUrl(import.meta.url, './columns-worker.js'), {
        workerData: { location: database.location, seriesId: id },
      });
      // Asked for before the wait: both may come in one turn.
      const ended = once(worker, 'exit');
      const [columns] = (await once(worker, 'message')) as [unknown];
      await ended;
      expect(columns).toEqual(await loadColumns(database, id, {}));
    });

    it('cannot write', async () => {
      const { database, stores } = await engine.open();
      await seriesWithGap(stores);
      const reader = await openReader(database.location);
      const attempt = reader.selectRows('DELETE FROM market_data RETURNING open_time', []);
      await expect(attempt).rejects.toThrow(/read.?only/i);
      await reader.close();
    });

    it('says what is missing when there is no database', async () => {
      const { database } = await engine.open();
      const { location } = database;
      const nowhere =
        location.engine === 'sqlite'
          ? { ...location, file: `${location.file}-none` }
          : { ...location, user: 'evenkeel_nobody', password: 'wrong' };
      await expect(openReader(nowhere)).rejects.toThrow(ConfigError);
    });
  });
});
