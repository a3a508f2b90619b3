import { afterEach, beforeEach, expect, test } from 'vitest';
import { DataDirLock } from '../../src/coordination/data-dir-lock.js';
import { openStores } from '../../src/storage/stores.js';
import { DaemonWorld, openTime } from './daemon-in-process.js';

/** `createDaemon` in the process of the test: real SQLite, real ccxt over HTTP, time by hand. */
let world: DaemonWorld;

beforeEach(async () => {
  world = new DaemonWorld();
  await world.open();
});

afterEach(() => world.close());

test('a daemon decides on the newest candle at its start and on each that closes, and stops', async () => {
  const daemon = world.start('one');
  const status = await daemon.untilState('running');
  expect(status).toMatchObject({ collection: { up_to_date: true }, left_out: [] });
  expect(await daemon.untilDecided(1)).toEqual([openTime(-2)]);
  expect(await daemon.untilDecided(2)).toEqual([openTime(-1), openTime(-2)]);
  await daemon.stop();
  expect(daemon.logger.lines.at(-1)?.message).toBe('Stopped');
  expect(DataDirLock.isFree(daemon.dataDir)).toBe(true);
});

test('a stop in the middle of a tick ends it at once, and the next start decides on its candle', async () => {
  // The tick waits for prices that never come.
  for (let call = 0; call < 20; call++) {
    world.server.faults.push({ path: '/api/v3/ticker', kind: 'hang' });
  }
  const daemon = world.start('one');
  await daemon.untilState('running');
  await world.until('a tick that waits for prices', async () => {
    const asked = world.server.requests.filter((path) => path.startsWith('/api/v3/ticker'));
    return asked.length >= 2 ? true : undefined;
  });
  const startedAt = performance.now();
  await daemon.stop();
  expect(performance.now() - startedAt).toBeLessThan(4_000);
  world.server.faults.length = 0;
  const next = world.start('one');
  const [decided, ...others] = await next.untilDecided(1);
  expect(decided).toBe(openTime(-2));
  expect(others).toEqual([]);
});

test('a daemon that stands by takes over when the other one stops, and no candle is decided twice', async () => {
  const first = world.start('one');
  await first.untilDecided(1);
  const second = world.start('two');
  await second.untilState('standing by');
  // So is each daemon until it has asked who holds the lease.
  const held = async () => (await second.status()).trading.standby ?? undefined;
  expect(await world.until('the holder', held)).toContain('takes over when it ends');
  expect(await second.decided()).toEqual([openTime(-2)]);
  await first.stop();
  await second.untilState('running');
  expect(await second.untilDecided(2)).toEqual([openTime(-1), openTime(-2)]);
});

test('the API answers while the exchange is down, and the daemon goes on when it is back', async () => {
  world.server.isDown = true;
  const daemon = world.start('one');
  const status = await daemon.untilState('waiting for the exchange');
  expect(status).toMatchObject({
    collection: { state: 'idle' },
    trading: { state: 'starting' },
    exchange: { ready: false },
  });
  world.server.isDown = false;
  await daemon.untilState('running');
});

test('a decision that the database refuses is made when the database takes it again', async () => {
  let isRefusing = true;
  const daemon = world.start('one', {
    openStores: (database, clock) => {
      const stores = openStores(database, clock);
      const { decisions } = stores;
      const lastDecidedOpenTime = decisions.lastDecidedOpenTime.bind(decisions);
      decisions.lastDecidedOpenTime = async (key) => {
        if (isRefusing) throw new Error('the database is full');
        return lastDecidedOpenTime(key);
      };
      return stores;
    },
  });
  await daemon.untilState('running');
  await world.until('a decision that failed', async () =>
    daemon.logger.lines.find(({ message }) => message === 'A decision failed'),
  );
  expect(await daemon.decided()).toEqual([]);
  isRefusing = false;
  expect(await daemon.untilDecided(1)).toContain(openTime(-2));
});
