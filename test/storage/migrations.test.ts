import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { describe, expect, it } from 'vitest';
import { MIGRATIONS } from '../../migrations/index.js';
import { compiledUrl } from '../../src/lib/workers/worker.js';
import { ConfigError } from '../../src/lib/errors.js';
import { openDatabase, type Database } from '../../src/storage/database/database.js';
import type { DatabaseLocation } from '../../src/storage/connection/location.js';
import { forEachEngine, onMysqlServer } from '../database.js';
import { fixedClock } from './fixed-clock.js';

const CHILD = compiledUrl(import.meta.url, './migrating-child.js');

const BOOKKEEPING = 'SELECT name FROM evenkeel_migrations ORDER BY name';

/** Runs the child to its end; answers with how it ended. */
async function runChild(order: {
  location: DatabaseLocation;
  killAt?: string;
}): Promise<number | string> {
  const child = spawn(process.execPath, [CHILD.pathname, JSON.stringify(order)], {
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const [code, signal] = (await once(child, 'exit')) as [number | null, string | null];
  return signal ?? code ?? -1;
}

/** An empty database where the suite's engine keeps its own. */
async function emptied(location: DatabaseLocation): Promise<DatabaseLocation> {
  if (location.engine === 'mysql') {
    const name = `\`${location.database}\``;
    await onMysqlServer(`DROP DATABASE ${name}`, `CREATE DATABASE ${name} COLLATE utf8mb4_bin`);
  }
  return location;
}

/** Everything that the schema consists of, as the engine itself describes it. */
async function describeSchema(database: Database): Promise<readonly unknown[]> {
  if (database.engine === 'sqlite') {
    return database.selectRows('SELECT type, name, sql FROM sqlite_schema ORDER BY type, name', []);
  }
  const columns = await database.selectRows(
    `SELECT table_name, column_name, column_type, is_nullable, collation_name
      FROM information_schema.columns WHERE table_schema = DATABASE() ORDER BY 1, ordinal_position`,
    [],
  );
  const keys = await database.selectRows(
    `SELECT table_name, index_name, seq_in_index, column_name, non_unique
      FROM information_schema.statistics WHERE table_schema = DATABASE() ORDER BY 1, 2, 3`,
    [],
  );
  return [...columns, ...keys];
}

forEachEngine((engine) => {
  describe('the migrations', () => {
    it('are recorded, and do nothing when they are all taken', async () => {
      const { database } = await engine.open();
      const schema = await describeSchema(database);
      const again = await engine.open();
      expect(await describeSchema(again.database)).toEqual(schema);
      const names = await again.database.selectRows(BOOKKEEPING, []);
      expect(names.flat()).toEqual(MIGRATIONS.map(({ name }) => name));
    });

    it('are finished by the next start when a process is killed inside any of them', async () => {
      const { database } = await engine.open();
      const whole = await describeSchema(database);
      await database.close();
      for (const killAt of [
        '0001_series',
        '0003_market_data_named',
        '0014_fills',
        '0021_leases',
        '0023_job_queue',
      ]) {
        const location = await emptied(freshOf(engine.location(), killAt));
        expect(await runChild({ location, killAt })).toBe('SIGKILL');
        expect(await runChild({ location })).toBe(0);
        const found = await openAt(location);
        expect(await describeSchema(found)).toEqual(whole);
        await found.close();
      }
    });

    it('are taken once when four processes start together on an empty database', async () => {
      const location = await emptied(freshOf(engine.location(), 'race'));
      const ends = await Promise.all([1, 2, 3, 4].map(() => runChild({ location })));
      expect(ends).toEqual([0, 0, 0, 0]);
      const found = await openAt(location);
      const names = await found.selectRows(BOOKKEEPING, []);
      await found.close();
      expect(names.flat()).toEqual(MIGRATIONS.map(({ name }) => name));
    });

    it('refuse a schema that a newer program made', async () => {
      const { database } = await engine.open();
      const step = { name: '9999_from_the_future', applied_at: 1 };
      await database.run((knex) => knex('evenkeel_migrations').insert(step));
      await expect(engine.open()).rejects.toThrow(/newer than this program.*9999_from_the_future/);
      await expect(engine.open()).rejects.toThrow(ConfigError);
      await database.run((knex) => knex('evenkeel_migrations').where({ name: step.name }).delete());
    });
  });
});

/** SQLite gets a file for each case; on MySQL the suite's one database is emptied. */
function freshOf(location: DatabaseLocation, name: string): DatabaseLocation {
  return location.engine === 'sqlite'
    ? { ...location, file: `${location.file}-${name}` }
    : location;
}

function openAt(location: DatabaseLocation): Promise<Database> {
  return openDatabase(location, { clock: fixedClock(), logger: SILENT_LOGGER });
}
