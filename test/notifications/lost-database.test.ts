import { afterEach, beforeEach, expect, test } from 'vitest';
import { TransientError } from '../../src/lib/errors.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import type { HealthFinding } from '../../src/monitoring/health.js';
import { Notifications } from '../../src/notifications/notifications.js';
import { Webhook } from '../../src/notifications/webhook.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { RecordingLogger } from '../exchange/recording-logger.js';
import { HttpReceiver } from './receivers.js';

const NOON = Date.UTC(2026, 0, 5, 12);
const LOOK_MS = 15_000;

let clock: ManualClock;
let opened: TestDatabase;
let receiver: HttpReceiver;
let isLost: boolean;

beforeEach(async () => {
  clock = new ManualClock(NOON);
  opened = await openTestDatabase({ clock });
  receiver = new HttpReceiver();
  isLost = false;
});
afterEach(async () => {
  await receiver.stop();
  await opened.database.close();
});

/** The store, which fails while the database is lost. */
function losable<Store extends object>(store: Store): Store {
  return new Proxy(store, {
    get: (target, name) => {
      const value: unknown = Reflect.get(target, name, target);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as (...given: unknown[]) => unknown;
      return async (...given: unknown[]) => {
        if (isLost) throw new TransientError('The database is lost');
        return method(...given);
      };
    },
  });
}

async function start(holder: string): Promise<Notifications> {
  const url = `${await receiver.start()}/hook`;
  const { notifications: outbox, leases } = opened.stores;
  const notifications = new Notifications({
    exchange: 'demo',
    channels: [new Webhook({ url, secret: undefined, version: '1.2.3' })],
    events: ['database', 'stale_data'],
    quiet: undefined,
    stores: { notifications: losable(outbox), leases: losable(leases) },
    holder,
    clock,
    logger: new RecordingLogger(),
  });
  await notifications.start();
  return notifications;
}

/** Looks at health as often as the daemon, and sends what is noted. */
async function runFor(
  notifications: Notifications,
  durationMs: number,
  findings: readonly HealthFinding[],
): Promise<void> {
  const [sending] = notifications.work();
  for (let passed = 0; passed < durationMs; passed += LOOK_MS) {
    await clock.advance(LOOK_MS);
    await notifications.noteFindings(findings).catch(() => undefined);
    await sending?.run(new AbortController().signal).catch(() => undefined);
  }
}

const lostAt = (since: number): HealthFinding => ({
  ...{ id: 'database_lost', check: 'database', level: 'failing', isExpected: false },
  ...{ message: 'the disk is full', fix: 'make room', since },
});

const titles = (): string[] =>
  receiver.received.map(({ body }) => (JSON.parse(body) as { title: string }).title);

test('a database that stays lost is told once although the lease runs out, and then that it is back', async () => {
  const notifications = await start('here');
  isLost = true;
  await runFor(notifications, 300_000, [lostAt(NOON)]);
  expect(notifications.isSender()).toBe(false);
  expect(titles()).toEqual(['the disk is full']);
  isLost = false;
  await runFor(notifications, 120_000, []);
  expect(titles()).toEqual(['the disk is full', 'Over: the disk is full']);
  await notifications.stop();
});

test('a process that stands by for another one tells nothing of its own', async () => {
  const key = { venue: 'demo', account: 'notifications' };
  const request = { key, holder: 'there', ttlMs: 3_600_000, nowMs: NOON };
  await opened.stores.leases.acquire(request);
  const notifications = await start('here');
  await runFor(notifications, 120_000, [lostAt(NOON)]);
  expect(titles()).toEqual([]);
  await notifications.stop();
});
