import { afterEach, describe, expect, it } from 'vitest';
import { ManualClock } from '../../src/lib/manual-clock.js';
import type { Stores } from '../../src/storage/stores.js';
import type { PredictionPregeneration } from '../../src/training/queue/prediction-pregeneration.js';
import { SessionFinalizer } from '../../src/training/queue/session-finalizer.js';
import { TrainingSchedules } from '../../src/training/planning/training-schedules.js';
import { TrainingSessions } from '../../src/training/queue/training-sessions.js';
import { forEachEngine } from '../database.js';
import { recordingLogger, type LogLine } from './recording-logger.js';
import { claimAll, modelRecord } from './training-builders.js';
import { createTrainingContext, HOUR_MS, VENUE, type TrainingContext } from './training-context.js';

const MINUTE_MS = 60_000;
/** A Monday. */
const MONDAY = Date.UTC(2024, 2, 25);
const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'];
const WEEKLY = { expression: '0 2 * * 0', timeZone: 'UTC' };
const SIX_HOURLY = { expression: '0 */6 * * *', timeZone: 'UTC' };

/** As an analysis cycle looks. */
interface Poller {
  poll(): Promise<void>;
}

interface World {
  readonly clock: ManualClock;
  readonly stores: Stores;
  readonly log: LogLine[];
  /** How many keys were predicted ahead, for how many hours, at which market time. */
  readonly pregenerated: { keys: number; ttlHours: number; at: number }[];
  /** A daemon that has just started: what it knows is stored. */
  start(rules: object): Poller;
  sessions(): Promise<readonly { kind: string; dueAt: unknown }[]>;
  /** Ends every open job as that. */
  endJobs(status?: 'completed' | 'failed'): Promise<void>;
}

describe('scheduled training', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    afterEach(() => context.close());

    async function createWorld(speed = 1): Promise<World> {
      context = await createTrainingContext(engine, { symbols: SYMBOLS, batchSize: 2 });
      const { stores } = context;
      const clock = new ManualClock(MONDAY, speed);
      const log: LogLine[] = [];
      const logger = recordingLogger(log);
      const pregenerated: World['pregenerated'] = [];
      const handles = { wake: () => undefined, abort: () => undefined, lanes: 1 };
      return {
        ...{ clock, stores, log, pregenerated },
        start: (schedules) => {
          const options = { ...context.options, schedules };
          const sessions = new TrainingSessions({ stores, clock, options, ...handles });
          const pregeneration: PredictionPregeneration = {
            pregenerate: (keys, { ttlHours }) => {
              pregenerated.push({ keys: keys.length, ttlHours, at: clock.marketMs() });
              return Promise.resolve();
            },
          };
          const parts = { stores, clock, logger, options, sessions, pregeneration };
          const ends = new SessionFinalizer(parts);
          const calendar = new TrainingSchedules({
            ...parts,
            planner: { findObstacle: () => Promise.resolve(undefined) },
            isReady: () => Promise.resolve(true),
          });
          return {
            poll: async () => {
              await ends.poll();
              await calendar.poll();
            },
          };
        },
        sessions: async () => {
          const { rows } = await stores.sessions.list({}, { limit: 100, offset: 0 });
          return rows.toReversed().map(({ kind, config }) => ({ kind, dueAt: config['dueAt'] }));
        },
        endJobs: async (status = 'completed') => {
          const page = { limit: 100, offset: 0 };
          const { rows } = await stores.jobs.list({ venue: VENUE, status: 'pending' }, page);
          await claimAll(stores, VENUE);
          for (const { uid } of rows) {
            await stores.jobs.finish(uid, { status, finishedAt: clock.wallMs() });
          }
        },
      };
    }

    /** Looks every three hours, and lets every job end in between. */
    async function live(world: World, schedules: Poller, hours: number): Promise<void> {
      for (let passed = 0; passed < hours; passed += 3) {
        await world.clock.advance(3 * HOUR_MS);
        await schedules.poll();
        await world.endJobs();
      }
      await schedules.poll();
    }

    it('does not run at the first start, and begins at its scheduled time once', async () => {
      const world = await createWorld();
      const schedules = world.start({ full: WEEKLY });
      await live(world, schedules, 8 * 24);
      expect(await world.sessions()).toEqual([{ kind: 'full', dueAt: Date.UTC(2024, 2, 31, 2) }]);
    });

    it('runs late and once for all times that a stopped daemon missed', async () => {
      const world = await createWorld();
      await world.start({ full: WEEKLY }).poll();
      await world.clock.advance(19 * 24 * HOUR_MS);
      const restarted = world.start({ full: WEEKLY });
      await restarted.poll();
      await world.endJobs();
      await live(world, restarted, 12);
      expect(await world.sessions()).toHaveLength(1);
    });

    it('is begun by one of two processes that poll at the same time', async () => {
      const world = await createWorld();
      const [one, other] = [world.start({ full: WEEKLY }), world.start({ full: WEEKLY })];
      await one.poll();
      await world.clock.advance(7 * 24 * HOUR_MS);
      await Promise.all([one.poll(), other.poll()]);
      expect(await world.sessions()).toHaveLength(1);
      const { total } = await world.stores.jobs.list({ venue: VENUE }, { limit: 1, offset: 0 });
      expect(total).toBe(SYMBOLS.length);
    });

    it('waits while its last session still runs', async () => {
      const world = await createWorld();
      const schedules = world.start({ full: { ...WEEKLY, expression: '0 2 * * *' } });
      await schedules.poll();
      for (let day = 0; day < 3; day++) {
        await world.clock.advance(24 * HOUR_MS);
        await schedules.poll();
      }
      expect(await world.sessions()).toHaveLength(1);
      await world.endJobs();
      await schedules.poll();
      expect(await world.sessions()).toHaveLength(2);
    });

    it('follows market time where that runs faster than wall time', async () => {
      const world = await createWorld(360);
      const schedules = world.start({ full: WEEKLY });
      await schedules.poll();
      for (let second = 0; second < 30 * 60; second += 30) {
        await world.clock.advance(30_000);
        await schedules.poll();
        await world.endJobs();
      }
      // Half an hour of the wall is seven and a half days of the market.
      expect(await world.sessions()).toEqual([{ kind: 'full', dueAt: Date.UTC(2024, 2, 31, 2) }]);
    });

    it('neither loses nor doubles a run when the clocks change', async () => {
      const world = await createWorld();
      const berlin = { expression: '30 2 * * *', timeZone: 'Europe/Berlin' };
      const schedules = world.start({ full: berlin });
      await schedules.poll();
      await world.clock.advance(3 * 24 * HOUR_MS);
      await live(world, world.start({ full: berlin }), 6 * 24);
      const days = (await world.sessions()).map(({ dueAt }) =>
        new Date(Number(dueAt)).toISOString().slice(0, 16),
      );
      expect(days.slice(1)).toEqual([
        ...['2024-03-29T01:30', '2024-03-30T01:30', '2024-03-31T01:00', '2024-04-01T00:30'],
        ...['2024-04-02T00:30'],
      ]);
    });

    it('does not catch up after its rule was changed or was switched off for a while', async () => {
      const world = await createWorld();
      await world.start({ full: WEEKLY }).poll();
      await world.clock.advance(8 * 24 * HOUR_MS);
      await world.start({}).poll();
      await world.start({ full: WEEKLY }).poll();
      await world.start({ full: { ...WEEKLY, expression: '0 1 * * *' } }).poll();
      expect(await world.sessions()).toEqual([]);
    });

    it('begins nothing while the queue is stopped, and runs after the resume', async () => {
      const world = await createWorld();
      const schedules = world.start({ full: WEEKLY });
      await schedules.poll();
      await world.clock.advance(7 * 24 * HOUR_MS);
      await world.stores.control.set(VENUE, { isStopped: true });
      await schedules.poll();
      expect(await world.sessions()).toEqual([]);
      await world.stores.control.set(VENUE, { isStopped: false });
      await schedules.poll();
      expect(await world.sessions()).toHaveLength(1);
    });

    it('makes predictions five minutes before a full retrain, and again when it has ended', async () => {
      const world = await createWorld();
      const schedules = world.start({ full: WEEKLY });
      await schedules.poll();
      const dueAt = Date.UTC(2024, 2, 31, 2);
      await world.clock.advance(dueAt - 6 * MINUTE_MS - MONDAY);
      await schedules.poll();
      expect(world.pregenerated).toEqual([]);
      for (let minute = 0; minute < 6; minute++) {
        await world.clock.advance(MINUTE_MS);
        await schedules.poll();
      }
      expect(world.pregenerated).toEqual([{ keys: 3, ttlHours: 24, at: dueAt - 5 * MINUTE_MS }]);
      await world.clock.advance(130_000);
      await world.endJobs();
      await schedules.poll();
      await schedules.poll();
      expect(world.pregenerated.slice(1)).toEqual([{ keys: 3, ttlHours: 1, at: dueAt + 130_000 }]);
      const lines = world.log.filter(({ message }) => message.startsWith('Successful'));
      expect(lines.map(({ message }) => message)).toEqual([
        'Successful: 3/3 instruments, 2 batches, 2 min 10 s, cache updated',
      ]);
    });

    it('logs after a restart how the session ended that was running before', async () => {
      const world = await createWorld();
      await world.start({ full: WEEKLY }).poll();
      await world.clock.advance(7 * 24 * HOUR_MS);
      await world.start({ full: WEEKLY }).poll();
      await world.endJobs('failed');
      await world.start({ full: WEEKLY }).poll();
      expect(world.log.map(({ message }) => message)).toContain(
        'Successful: 0/3 instruments, 2 batches, 1 s, cache updated',
      );
    });

    it('continues the models that can be continued, and gives the reason for each other one', async () => {
      const world = await createWorld();
      const { stores } = world;
      for (const symbol of SYMBOLS.slice(0, 2)) {
        const uid = `01HZMODEL0000000000000000${symbol.slice(0, 1)}`;
        await stores.models.insert(
          modelRecord({ venue: VENUE, symbol, uid, modelPath: uid, config: { judgedEnd: 0 } }),
        );
        await stores.models.promote(uid);
      }
      await context.store([aCandle(MONDAY)], 'BTC/USDT');
      const schedules = world.start({ incremental: SIX_HOURLY });
      await schedules.poll();
      await world.clock.advance(6 * HOUR_MS);
      await schedules.poll();
      const { rows } = await stores.sessions.list({}, { limit: 10, offset: 0 });
      expect(rows[0]).toMatchObject({ kind: 'incremental' });
      expect(rows[0]?.config['skipped']).toMatchObject([
        { symbol: 'ETH/USDT', reason: expect.stringContaining('0 new candles') as string },
        { symbol: 'SOL/USDT', reason: 'no model serves' },
      ]);
      const jobs = await stores.jobs.list({ venue: VENUE }, { limit: 10, offset: 0 });
      expect(jobs.rows).toMatchObject([{ symbol: 'BTC/USDT', mode: 'incremental' }]);
    });
  });
});

function aCandle(openTime: number) {
  return { openTime, open: 1, high: 1, low: 1, close: 1, volume: 1 };
}
