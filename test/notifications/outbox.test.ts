import { describe, expect, test } from 'vitest';
import type { Halt } from '../../src/domain/halt.js';
import { NOTIFICATION_EVENTS, type NotificationEvent } from '../../src/domain/notification.js';
import { Money } from '../../src/domain/money.js';
import { openNotingStores } from '../../src/notifications/noting-stores.js';
import { fixedClock, forEachEngine, type TestEngine } from '../database.js';
import {
  aFill,
  aJob,
  aModelRecord,
  anOrder,
  aPosition,
  aSession,
  BOOK,
  START_MS,
} from '../storage/rows.js';

const EXCHANGE = 'binance';

forEachEngine((engine) => {
  async function open(
    engineOf: TestEngine,
    events: readonly NotificationEvent[] = NOTIFICATION_EVENTS,
    channels: readonly string[] = ['webhook', 'email'],
  ) {
    const { database, stores: plain } = await engineOf.open();
    const clock = fixedClock();
    const stores = openNotingStores(database, clock, { exchange: EXCHANGE, channels, events });
    const list = (channel: string) =>
      plain.notifications.listOpen({ exchange: EXCHANGE, channel }, 100);
    return { database, stores, plain, list };
  }

  const halt: Halt = {
    ...BOOK,
    uid: '01HALT',
    cause: 'person',
    reason: 'maintenance ★',
    author: 'me',
    haltedAt: START_MS,
    until: undefined,
    isCloseAll: false,
    resumedAt: undefined,
    resumedBy: undefined,
  };

  describe('what people are told', () => {
    test('is noted for each channel in the transaction of what happened, or not at all', async () => {
      const { stores, plain, list } = await open(engine);
      const position = aPosition({ realizedPnl: new Money('-12.345'), exitReason: 'stop_loss' });
      const order = anOrder({ positionUid: position.uid, side: 'sell' });
      const fill = aFill({ orderUid: order.uid, side: 'sell' });
      await plain.positions.insert(position);
      await plain.orders.insert(order);
      const undone = stores.transaction(async (tx) => {
        await tx.fills.insert(fill);
        throw new Error('undone');
      });
      await expect(undone).rejects.toThrow('undone');
      expect(await list('webhook')).toEqual([]);
      await stores.transaction((tx) => tx.fills.insert(fill));
      await stores.fills.insert(fill);
      for (const channel of ['webhook', 'email']) {
        const rows = await list(channel);
        expect(rows).toHaveLength(1);
        expect(rows[0]).toMatchObject({ event: 'fill', status: 'waiting', attempts: 0 });
        expect(rows[0]?.title).toMatch(/^Sold .* BTC\/USDT at .*, result -12\.3[45] USDT$/);
        expect(rows[0]?.text).toContain('Closed by stop loss.');
      }
    });

    test('are halts and their end, trainings, promotions and starts, in the order in which they came', async () => {
      const { stores, list } = await open(engine);
      const session = aSession();
      const job = aJob(session.uid);
      await stores.halts.insert(halt);
      await stores.halts.insert(halt);
      await stores.halts.resume(BOOK, { at: START_MS + 1, by: 'you' });
      await stores.halts.resume(BOOK, { at: START_MS + 1, by: 'nobody' });
      await stores.sessions.insert(session);
      await stores.jobs.insert(job);
      const claim = { venue: job.venue, ownerRunUid: '01RUN', at: START_MS };
      await stores.jobs.claimNext(claim);
      await stores.jobs.finish(job.uid, {
        ...{ status: 'failed', ownerRunUid: '01RUN', finishedAt: START_MS },
        ...{ errorCode: 'too_few_rows', errorMessage: 'only 7 rows' },
      });
      const record = aModelRecord({ stage: 'candidate', status: 'active' });
      await stores.models.insert(record);
      await stores.models.promote(record.uid);
      const run = { uid: '01RUNB', version: '1.0.0', settingsHash: 'x', venue: EXCHANGE };
      await stores.runs.begin({ ...run, startedAt: START_MS, pid: 1, host: 'here' });
      const rows = await list('email');
      expect(rows.map(({ event, title }) => `${event}: ${title}`)).toEqual([
        'halt: Trading is halted: maintenance ★',
        'halt: Trading is resumed',
        'training_failed: Training of BTC/USDT 1h catboost failed: too_few_rows',
        expect.stringMatching(/^training_done: Trained BTC\/USDT 1h catboost/),
        'model_promoted: A new model serves BTC/USDT 1h catboost',
        'daemon_started: The daemon started (binance, version 1.0.0)',
      ]);
      expect(rows[0]?.level).toBe('failing');
    });

    test('is only what the settings name, and nothing where no channel is set up', async () => {
      const some = await open(engine, ['fill']);
      await some.stores.halts.insert(halt);
      expect(await some.list('webhook')).toEqual([]);
      const none = openNotingStores(some.database, fixedClock(), {
        exchange: EXCHANGE,
        channels: [],
        events: NOTIFICATION_EVENTS,
      });
      await none.halts.resume(BOOK, { at: START_MS + 1, by: 'you' });
      expect(await some.list('webhook')).toEqual([]);
    });

    test('is forgotten a month after it was told, and what waits never', async () => {
      const { stores, plain, list } = await open(engine);
      await stores.halts.insert(halt);
      const [row] = await list('webhook');
      await plain.notifications.claim([row?.uid ?? ''], '01MESSAGE');
      expect((await list('webhook'))[0]).toMatchObject({
        status: 'sending',
        messageUid: '01MESSAGE',
      });
      await plain.notifications.markSent([row?.uid ?? '']);
      expect(await list('webhook')).toEqual([]);
      const ofHalts = await plain.notifications.listNoted(EXCHANGE, 'halt:');
      const title = 'Trading is halted: maintenance ★';
      const noted = { key: 'halt:01HALT', event: 'halt', title };
      expect(ofHalts).toEqual([noted, noted]);
      expect(await plain.notifications.listNoted(EXCHANGE, 'health:')).toEqual([]);
      expect(await plain.notifications.prune(START_MS + 1e12)).toBe(1);
      expect(await list('email')).toHaveLength(1);
    });
  });
});
