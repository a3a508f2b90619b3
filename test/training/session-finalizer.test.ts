import { claimAll } from './training-builders.js';
import { afterEach, describe, expect, it } from 'vitest';
import { GLOBAL_SYMBOL } from '../../src/domain/bots.js';
import type { ModelKey } from '../../src/domain/model-key.js';
import { SessionFinalizer } from '../../src/training/queue/session-finalizer.js';
import { TrainingSessions } from '../../src/training/queue/training-sessions.js';
import { forEachEngine } from '../database.js';
import { recordingLogger, type LogLine } from './recording-logger.js';
import { createTrainingContext, KEY, VENUE, type TrainingContext } from './training-context.js';

const KEYS: readonly ModelKey[] = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'].map((symbol) => ({
  ...KEY,
  symbol,
}));

interface Daemon {
  readonly sessions: TrainingSessions;
  readonly ends: SessionFinalizer;
}

describe('the end line of a session', () => {
  forEachEngine((engine) => {
    let context: TrainingContext;
    let log: LogLine[];
    let pregenerated: string[][];
    afterEach(() => context.close());

    const open = async (): Promise<Daemon> => {
      context = await createTrainingContext(engine, { batchSize: 2 });
      [log, pregenerated] = [[], []];
      return daemon();
    };

    const daemon = (venue = VENUE): Daemon => {
      const { stores, clock } = context;
      const symbols = KEYS.map(({ symbol }) => symbol);
      const bots = [KEY.bot, 'random_forest'];
      const options = { ...context.options, venue, symbols, bots };
      const handles = { wake: () => undefined, abort: () => undefined, lanes: 1 };
      const sessions: TrainingSessions = new TrainingSessions({
        ...{ stores, clock, options, ...handles },
        onCancelled: (session) => ends.tellCancelled(session),
      });
      const ends = new SessionFinalizer({
        ...{ stores, options, sessions, logger: recordingLogger(log) },
        pregeneration: {
          pregenerate: (keys) =>
            Promise.resolve(void pregenerated.push(keys.map(({ symbol }) => symbol))),
        },
      });
      return { sessions, ends };
    };

    const endJobs = async (...statuses: ('completed' | 'failed')[]): Promise<void> => {
      const page = { limit: 100, offset: 0 };
      const { rows } = await context.stores.jobs.list({ venue: VENUE, status: 'pending' }, page);
      await claimAll(context.stores, VENUE);
      for (const [index, { uid }] of rows.toReversed().entries()) {
        const status = statuses[index] ?? 'completed';
        await context.stores.jobs.finish(uid, { status, finishedAt: context.clock.wallMs() });
      }
    };

    const lines = (): readonly string[] => log.map(({ message }) => message);

    it.each(['full', 'incremental'] as const)(
      'is said once of a session of kind %s that a person asked for',
      async (kind) => {
        const { sessions, ends } = await open();
        const { sessionUid } = await sessions.request({ keys: KEYS, kind });
        await ends.poll();
        expect(lines()).toEqual([]);
        await context.clock.advance(130_000);
        await endJobs('failed');
        await Promise.all([ends.poll(), daemon().ends.poll()]);
        await daemon().ends.poll();
        expect(lines()).toEqual([
          'Successful: 2/3 instruments, 2 batches, 2 min 10 s, cache updated',
        ]);
        expect(pregenerated).toEqual([['BTC/USDT', 'ETH/USDT', 'SOL/USDT']]);
        expect((await sessions.view(sessionUid)).session.status).toBe('failed');
      },
    );

    it('is not logged for other kinds, nor by the daemon of another venue', async () => {
      const { sessions, ends } = await open();
      await sessions.request({ keys: KEYS.slice(0, 1), kind: 'manual' });
      await sessions.request({ keys: KEYS.slice(1), kind: 'full' });
      await endJobs();
      await daemon('elsewhere').ends.poll();
      expect(lines()).toEqual([]);
      await ends.poll();
      expect(lines()).toEqual(['Successful: 2/2 instruments, 1 batches, 1 s, cache updated']);
    });

    it.each(['initial', 'manual', 'auto', 'retry', 'embedding', 'experiment'] as const)(
      'is stored of a session of kind %s as well, which is not read again then',
      async (kind) => {
        const { sessions, ends } = await open();
        const { sessionUid } = await sessions.request({ keys: KEYS, kind });
        await ends.poll();
        const { stores } = context;
        expect(await stores.sessions.find(sessionUid)).toMatchObject({ status: 'running' });
        await endJobs('failed');
        await ends.poll();
        expect(await stores.sessions.find(sessionUid)).toMatchObject({ status: 'failed' });
        expect(await stores.sessions.listByStatus('running')).toEqual([]);
        expect(lines()).toEqual([]);
      },
    );

    it('makes the predictions of every instrument that a global model speaks for', async () => {
      const { sessions, ends } = await open();
      const global = { ...KEY, symbol: GLOBAL_SYMBOL, bot: 'random_forest' };
      await sessions.request({ keys: [global, ...KEYS.slice(0, 1)], kind: 'full' });
      await endJobs();
      await ends.poll();
      expect(pregenerated.map((symbols) => symbols.toSorted())).toEqual([
        ['BTC/USDT', 'BTC/USDT', 'ETH/USDT', 'SOL/USDT'],
      ]);
    });

    it('is logged for a session that a person cancelled, with the jobs done until then', async () => {
      const { sessions, ends } = await open();
      const { sessionUid, jobs } = await sessions.request({ keys: KEYS, kind: 'full' });
      const finishedAt = context.clock.wallMs();
      await claimAll(context.stores, VENUE);
      await context.stores.jobs.finish(jobs[0]?.uid ?? '', { status: 'completed', finishedAt });
      await sessions.cancel(sessionUid);
      await sessions.cancel(sessionUid);
      await ends.poll();
      expect(lines()).toEqual(['Successful: 1/3 instruments, 2 batches, 1 s, cache not updated']);
    });
  });
});
