import { afterEach, describe, expect, it } from 'vitest';
import type { Candle } from '../../src/domain/candle.js';
import type { PythonCheck } from '../../src/training/trainer-process/check-python.js';
import { forEachEngine } from '../database.js';
import { createTrainer, HAS_PYTHON } from '../trainer/real-trainer.js';
import { HoldingTrainer, until } from './holding-trainer.js';
import { plantedCandles } from './planted-candles.js';
import {
  createTrainingContext,
  HOUR_MS,
  KEY,
  LAST_OPEN_TIME,
  type TrainingContext,
} from './training-context.js';

const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];
const KEYS = SYMBOLS.map((symbol) => ({ ...KEY, symbol }));
const CANDLES = { bars: 1300, lastOpenTime: LAST_OPEN_TIME, seed: 1, momentum: 0.8 };
/** A machine that does other work besides prepares data in a minute, not in two seconds. */
const SLOW_MS = 240_000;
const READY: PythonCheck = { status: 'ok', versions: {} };

/** Every four-bar return is above 0: no row of the window is a SELL. */
function risingCandles(bars: number, lastOpenTime: number): Candle[] {
  return plantedCandles({ ...CANDLES, bars, lastOpenTime, momentum: 0 }).map((candle, bar) => {
    const open = 100 * 1.01 ** bar * (1 + 0.001 * (bar % 7));
    const close = 100 * 1.01 ** (bar + 1) * (1 + 0.001 * ((bar + 1) % 7));
    return { ...candle, open, close, high: 1.002 * close, low: open / 1.002 };
  });
}

describe('training that learns from its failures', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    it('begins once for all symbols of a first start, when back-fill has ended', async () => {
      context = await createTrainingContext(engine, { symbols: SYMBOLS, pooling: 'off' });
      const { stores } = context;
      const service = context.service({ checkPython: () => Promise.resolve(READY) });
      const history = plantedCandles(CANDLES);
      for (const symbol of SYMBOLS.slice(0, 2)) await context.store(history, symbol);
      for (const bars of [100, 600, 900]) {
        await context.store(history.slice(-bars), 'SOL/USDT');
        await service.planDue();
        const { total } = await stores.sessions.list({}, { limit: 9, offset: 0 });
        // Of 640 bars and more a row has its depth; then every symbol is ready.
        expect(total).toBe(0);
        await context.clock.advance(5_000);
      }
      await context.store(history, 'SOL/USDT');
      await service.planDue();
      const { rows, total } = await stores.sessions.list({}, { limit: 9, offset: 0 });
      expect(total).toBe(1);
      const page = { limit: 9, offset: 0 };
      const jobs = await stores.jobs.list({ sessionUid: rows[0]?.uid }, page);
      expect(jobs.rows.map(({ symbol }) => symbol).toReversed()).toEqual(SYMBOLS);
    });

    it.skipIf(!HAS_PYTHON)(
      'waits for new candles after a window without one class, not for minutes (needs npm run setup)',
      async () => {
        context = await createTrainingContext(engine);
        const { clock } = context;
        await context.store(risingCandles(1300, LAST_OPEN_TIME));
        const service = context.service();
        await service.start();
        await service.planDue();
        const job = await context.untilEnded();
        expect(job).toMatchObject({ status: 'failed', errorCode: 'too_few_rows' });
        expect(job.errorMessage).toContain('no row of class SELL');
        await clock.advance(600_000);
        const [waiting] = await service.planDue();
        expect(waiting).toMatchObject({ status: 'not_due', obstacle: 'cooldown' });
        expect(waiting?.reason).toContain('24 more candles are awaited');
        await clock.advance(24 * HOUR_MS);
        await context.store(risingCandles(1324, LAST_OPEN_TIME + 24 * HOUR_MS));
        expect((await service.planDue())[0]).toMatchObject({ status: 'due' });
      },
      SLOW_MS,
    );

    it('retries what failed once: not again what has been trained since', async () => {
      context = await createTrainingContext(engine, { symbols: SYMBOLS });
      const { stores, clock } = context;
      const { sessions } = context.service();
      const end = async (status: 'failed' | 'completed'): Promise<void> => {
        const claim = { venue: KEY.venue, ownerRunUid: 'run-1', at: clock.wallMs() };
        for (let job = await stores.jobs.claimNext(claim); job !== undefined;) {
          await stores.jobs.finish(job.uid, { status, finishedAt: clock.wallMs() });
          job = await stores.jobs.claimNext(claim);
        }
        await clock.advance(1_000);
      };
      const { sessionUid } = await sessions.request({ keys: KEYS, kind: 'manual' });
      await end('failed');
      await sessions.request({ keys: KEYS.slice(0, 2), kind: 'manual' });
      await end('completed');
      const retry = await sessions.retryFailed(sessionUid);
      expect(retry.jobs.map(({ symbol }) => symbol)).toEqual(['SOL/USDT']);
      await end('completed');
      await expect(sessions.retryFailed(sessionUid)).rejects.toThrow('trained or removed since');
    });

    it('begins no job after a pause that comes while Python is checked', async () => {
      context = await createTrainingContext(engine, { symbols: SYMBOLS, pooling: 'off' });
      for (const symbol of SYMBOLS) await context.store(plantedCandles(CANDLES), symbol);
      const trainer = new HoldingTrainer();
      let answer: (check: PythonCheck) => void = () => undefined;
      let checks = 0;
      const service = context.service({
        lanes: 2,
        createTrainer: () => trainer,
        checkPython: async () => {
          checks += 1;
          return checks > 1 ? READY : new Promise((resolve) => (answer = resolve));
        },
      });
      await service.sessions.request({ keys: KEYS, kind: 'manual' });
      await service.start();
      await until(() => checks > 0 || undefined);
      await service.queue.pause();
      answer(READY);
      await service.planDue();
      const waiting = { venue: KEY.venue, status: 'pending' } as const;
      expect((await context.stores.jobs.list(waiting, { limit: 9, offset: 0 })).total).toBe(3);
      expect(trainer.begun).toEqual([]);
      await service.queue.resume();
      const running = { venue: KEY.venue, status: 'running' } as const;
      const page = { limit: 9, offset: 0 };
      await until(
        async () => (await context.stores.jobs.list(running, page)).total > 0 || undefined,
      );
    });

    it('looks at Python again after a pause', async () => {
      context = await createTrainingContext(engine, { symbols: SYMBOLS, pooling: 'off' });
      for (const symbol of SYMBOLS) await context.store(plantedCandles(CANDLES), symbol);
      const trainer = new HoldingTrainer();
      let checks = 0;
      const service = context.service({
        lanes: 1,
        createTrainer: () => trainer,
        checkPython: async () => {
          checks += 1;
          return READY;
        },
      });
      await service.sessions.request({ keys: KEYS, kind: 'manual' });
      await service.start();
      await until(() => trainer.begun.length === 1 || undefined);
      expect(checks).toBe(1);
      await service.queue.pause();
      await service.queue.resume();
      trainer.let();
      await until(() => trainer.begun.length === 2 || undefined);
      expect(checks).toBe(2);
    });

    it('stops at once while Python is checked', async () => {
      context = await createTrainingContext(engine);
      await context.store(plantedCandles(CANDLES));
      let isEnded = false;
      let checks = 0;
      const service = context.service({
        checkPython: (signal) => {
          checks += 1;
          return new Promise((_, reject) => {
            signal.addEventListener('abort', () => {
              isEnded = true;
              reject(new Error('ended by its signal'));
            });
          });
        },
      });
      await service.sessions.request({ keys: [KEY], kind: 'manual' });
      await service.start();
      await until(() => checks > 0 || undefined);
      await service.stop();
      expect(isEnded).toBe(true);
      expect(await context.stores.jobs.latest(KEY)).toMatchObject({ status: 'pending' });
      expect(context.log.filter(({ message }) => message.includes('Cannot train'))).toEqual([]);
    });

    it(
      'says of a trainer that the system killed that memory is the usual cause',
      async () => {
        context = await createTrainingContext(engine);
        await context.store(plantedCandles(CANDLES));
        const script =
          `console.log(JSON.stringify({event:'ready',versions:{},rss_mb:1}));` +
          `process.stdin.once('data', () => process.kill(process.pid, 'SIGKILL'));`;
        const service = context.service({
          checkPython: () => Promise.resolve(READY),
          createTrainer: () => createTrainer({ command: [process.execPath, '-e', script] }),
        });
        await service.start();
        await service.planDue();
        const { errorMessage } = await context.untilEnded();
        expect(errorMessage).toMatch(/SIGKILL: usually the system had no memory left/);
      },
      SLOW_MS,
    );

    it('asks nothing about keys whose job waits, and counts no candles twice', async () => {
      context = await createTrainingContext(engine, { symbols: SYMBOLS, pooling: 'off' });
      const { stores } = context;
      for (const symbol of SYMBOLS) await context.store(plantedCandles(CANDLES), symbol);
      const asked: string[] = [];
      const spied = {
        ...stores,
        candles: spy(stores.candles, 'candles', asked),
        series: spy(stores.series, 'series', asked),
        cooldowns: spy(stores.cooldowns, 'cooldowns', asked),
      };
      const service = context.service({
        stores: spied,
        checkPython: () => Promise.resolve(READY),
      });
      await service.planDue();
      expect(asked.filter((call) => call === 'candles.count')).toHaveLength(3);
      await service.planDue();
      asked.length = 0;
      await service.planDue();
      expect(asked).toEqual([]);
    });

    it('counts no candles twice for a model of all instruments, beside the models of each', async () => {
      const bots = ['catboost', 'random_forest'];
      const minInitialTrainSamples = 10_000;
      context = await createTrainingContext(engine, {
        symbols: SYMBOLS,
        bots,
        minInitialTrainSamples,
      });
      const { stores } = context;
      for (const symbol of SYMBOLS) await context.store(plantedCandles(CANDLES), symbol);
      const asked: string[] = [];
      const candles = spy(stores.candles, 'candles', asked);
      const service = context.service({ stores: { ...stores, candles } });
      const counted = async () => {
        asked.length = 0;
        const plan = await service.planDue();
        const forest = plan.find(({ key }) => key.bot === 'random_forest');
        return {
          reason: forest?.reason,
          count: asked.filter((one) => one === 'candles.count').length,
        };
      };
      // 1,300 hours of each of the three are 162 days together.
      const reason = 'waiting for history: 162 of 10000 daily entries';
      expect(await counted()).toEqual({ reason, count: 6 });
      expect(await counted()).toEqual({ reason, count: 0 });
      const next = { ...CANDLES, bars: 1, lastOpenTime: LAST_OPEN_TIME + HOUR_MS };
      await context.store(plantedCandles(next), 'SOL/USDT');
      expect((await counted()).count).toBe(2);
    });

    it('gives the event loop its turns between keys', async () => {
      const symbols = Array.from({ length: 200 }, (_, at) => `S${at}/USDT`);
      context = await createTrainingContext(engine, { symbols });
      const service = context.service({ checkPython: () => Promise.resolve(READY) });
      let turns = 0;
      let isOver = false;
      const count = (): void => {
        turns += 1;
        if (!isOver) setImmediate(count);
      };
      setImmediate(count);
      await service.planDue();
      isOver = true;
      // The first belongs to the test: keys in one turn would leave none.
      expect(turns).toBeGreaterThan(10);
    });
  });
});

/** The same store, with a note of every method that is called. */
function spy<T extends object>(store: T, name: string, calls: string[]): T {
  return new Proxy(store, {
    get: (target, property) => {
      const value: unknown = Reflect.get(target, property);
      if (typeof value !== 'function') return value;
      return (...given: unknown[]): unknown => {
        calls.push(`${name}.${String(property)}`);
        return Reflect.apply(value, target, given);
      };
    },
  });
}
