import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openDatabase, type Database } from '../../src/storage/database/database.js';
import { openStores } from '../../src/storage/stores.js';
import { mariadbSkipReason, OwnMariadb } from '../database-loss/own-mariadb.js';
import { FAULTS, POINTS, type Case } from './campaign.js';
import { newResult, runCase, say, stopLossPctAt } from './campaign-run.js';
import { LiveWorld } from './live-world.js';
import { SharedOutage } from './shared-outage.js';

const IS_LONG = process.env['EVENKEEL_TEST_LONG'] === 'true';
/** Of each point with each fault. The sample has every fourth case. */
const SEEDS = IS_LONG ? 50 : 1;
const TIMEOUT_MS = IS_LONG ? 3_600_000 : 120_000;
const CONNECTIONS = 2;

const server = new OwnMariadb();
const opened: Database[] = [];
const title = `a live trade with a fault while MariaDB is killed${mariadbSkipReason === undefined ? '' : ` (skipped: ${mariadbSkipReason})`}`;

describe.skipIf(mariadbSkipReason !== undefined)(title, () => {
  beforeAll(() => server.create(), TIMEOUT_MS);
  afterAll(async () => {
    await Promise.all(opened.splice(0).map((database) => database.close()));
    await server.remove();
  });

  it.each(POINTS.map((point, at) => ({ point, at })))(
    'at $point leaves books and exchange alike, no order doubled, no stop without stock',
    async ({ point, at }) => {
      const faults = FAULTS.filter((_, index) => IS_LONG || (index + at) % 4 === 0);
      const worlds = await openWorlds(point, faults);
      const result = newResult();
      for (let seed = 1; seed <= SEEDS; seed++) {
        const outage = new SharedOutage(server, faults.length);
        await Promise.all(
          [...worlds].map(([fault, world]) => {
            return runCase(world, { point, fault, seed, result, outage: outage.join() });
          }),
        );
      }
      for (const world of worlds.values()) await world.close();
      if (IS_LONG) say(point, 'with MariaDB killed', result);
      expect(result.findings).toEqual([]);
      // A stop that sold first leaves the fault of a sale unmet.
      expect(result.met).toBeGreaterThan(result.cases / 2);
    },
    TIMEOUT_MS,
  );
});

/** A world for each fault, with a database of its own. */
async function openWorlds(
  point: Case['point'],
  faults: readonly Case['fault'][],
): Promise<ReadonlyMap<Case['fault'], LiveWorld>> {
  const worlds = new Map<Case['fault'], LiveWorld>();
  for (const fault of faults) {
    const name = `evenkeel_${POINTS.indexOf(point)}_${FAULTS.indexOf(fault)}`;
    const location = { ...server.location, database: name, poolSize: CONNECTIONS };
    const world = await LiveWorld.open({
      rules: { stopLossPct: stopLossPctAt(point) },
      openDatabase: async ({ clock }) => {
        const database = await openDatabase(location, { clock, logger: SILENT_LOGGER });
        opened.push(database);
        return { database, stores: openStores(database, clock) };
      },
    });
    worlds.set(fault, world);
  }
  return worlds;
}
