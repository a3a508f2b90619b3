import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { setTimeout as sleep } from 'node:timers/promises';
import { ulid } from 'ulid';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { TransientError } from '../../src/lib/errors.js';
import { SystemClock } from '../../src/lib/clock.js';
import { DatabaseWatch } from '../../src/coordination/database-watch.js';
import { openDatabase, type Database } from '../../src/storage/database/database.js';
import { openStores } from '../../src/storage/stores.js';
import { aDecision, SERIES_KEY } from '../storage/rows.js';
import { mariadbSkipReason, OwnMariadb } from './own-mariadb.js';

const isLong = process.env['EVENKEEL_TEST_LONG'] === 'true';
const KILLS = isLong ? 10 : 2;
const FROZEN_MS = isLong ? [8_000, 30_000] : [8_000];
const WRITERS = 4;
const LIMIT_MS = 60_000;

const clock = new SystemClock();
const server = new OwnMariadb();
const title = `MariaDB under writers${mariadbSkipReason === undefined ? '' : ` (skipped: ${mariadbSkipReason})`}`;

describe.skipIf(mariadbSkipReason !== undefined)(title, () => {
  let database: Database;

  beforeAll(async () => {
    await server.create();
    database = await openDatabase(server.location, { clock, logger: SILENT_LOGGER });
  }, LIMIT_MS);

  afterAll(async () => {
    await server.remove();
    await database.close();
  });

  /** Counts each decision on its series in the same transaction: twice applied would count twice. */
  async function write(stop: AbortSignal, acknowledged: Set<string>): Promise<void> {
    const stores = openStores(database, clock);
    const { id } = await stores.series.ensure({ ...SERIES_KEY, symbol: `${ulid()}/USDT` });
    while (!stop.aborted) {
      const decision = aDecision();
      try {
        await stores.transaction(async (tx) => {
          await tx.decisions.insert(decision);
          await tx.series.setFirstBarAt(id, clock.wallMs() + acknowledged.size);
        });
        acknowledged.add(decision.uid);
      } catch (error) {
        expect(error).toBeInstanceOf(TransientError);
        await sleep(50);
      }
    }
  }

  async function whileWriting(illTreat: (acknowledged: Set<string>) => Promise<void>) {
    const [before] = await server.query('SELECT COUNT(*) FROM evenkeel.decisions');
    const counted = 'SELECT SUM(row_version - 1) FROM evenkeel.series';
    const [countedBefore] = await server.query(counted);
    const acknowledged = new Set<string>();
    const stop = new AbortController();
    const writers = Array.from({ length: WRITERS }, () => write(stop.signal, acknowledged));
    await grown(acknowledged, 0);
    await illTreat(acknowledged);
    await grown(acknowledged, acknowledged.size);
    stop.abort();
    await Promise.all(writers);
    const stored = await server.query('SELECT uid FROM evenkeel.decisions');
    const [countedAfter] = await server.query(counted);
    return {
      acknowledged,
      stored: new Set(stored.flat().map(String)),
      added: stored.length - Number(before?.[0]),
      counted: Number(countedAfter?.[0] ?? 0) - Number(countedBefore?.[0] ?? 0),
    };
  }

  it(
    `SIGKILLed ${KILLS} times loses nothing that was acknowledged and does nothing twice`,
    async () => {
      const result = await whileWriting(async (acknowledged) => {
        for (let kill = 0; kill < KILLS; kill++) {
          await sleep(100 + 397 * (kill % 3));
          await server.kill();
          await server.start();
          await grown(acknowledged, acknowledged.size);
        }
      });
      expectNothingLost(result);
    },
    LIMIT_MS * KILLS,
  );

  it.each(FROZEN_MS)(
    'stopped for %i ms loses nothing, does nothing twice, and the work goes on by itself',
    async (frozenMs) => {
      const result = await whileWriting(async () => {
        server.freeze();
        await sleep(frozenMs);
        server.thaw();
      });
      expectNothingLost(result);
    },
    LIMIT_MS * 2,
  );

  it(
    'is seen to be lost and to be back by the watch, which tells an emptied one',
    async () => {
      const stores = openStores(database, clock);
      const runUid = ulid();
      const run = { version: '1', settingsHash: 'h', venue: 'demo', pid: 1, host: 'here' };
      await stores.runs.begin({ ...run, uid: runUid, startedAt: 1 });
      const watch = new DatabaseWatch({ database, runUid, clock, logger: SILENT_LOGGER });
      watch.start();
      const lost = (words: RegExp) =>
        expect.poll(() => watch.lostReason, { timeout: LIMIT_MS }).toMatch(words);
      const back = () => expect.poll(() => watch.lostReason, { timeout: LIMIT_MS }).toBeUndefined();
      await server.kill();
      await lost(/does not answer/);
      await server.start();
      await back();
      server.freeze();
      await lost(/no answer for 3 s/);
      server.thaw();
      await back();
      await server.restartEmpty();
      await lost(/lost its tables/);
      const other = await openDatabase(server.location, { clock, logger: SILENT_LOGGER });
      await other.close();
      await lost(/does not know this run.*restart/);
      await server.restartWithWhatItHad();
      await back();
      await watch.stop();
    },
    LIMIT_MS * 3,
  );
});

interface Result {
  readonly acknowledged: ReadonlySet<string>;
  readonly stored: ReadonlySet<string>;
  readonly added: number;
  readonly counted: number;
}

function expectNothingLost({ acknowledged, stored, added, counted }: Result): void {
  const lost = [...acknowledged].filter((uid) => !stored.has(uid));
  expect(lost).toEqual([]);
  expect(counted).toBe(added);
  // Of each writer at most the one transaction whose answer was lost, each time.
  expect(added - acknowledged.size).toBeLessThanOrEqual(WRITERS * (KILLS + 1));
}

async function grown(set: ReadonlySet<string>, from: number): Promise<void> {
  await expect.poll(() => set.size, { timeout: LIMIT_MS }).toBeGreaterThan(from);
}
