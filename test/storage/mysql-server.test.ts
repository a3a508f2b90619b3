import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { ConfigError, TransientError } from '../../src/lib/errors.js';
import { openDatabase, type Database } from '../../src/storage/database/database.js';
import type { MysqlLocation } from '../../src/storage/connection/location.js';
import { loadColumns } from '../../src/storage/reader/load-columns.js';
import { openReader } from '../../src/storage/reader/open-reader.js';
import { openStores } from '../../src/storage/stores.js';
import { dropDatabase, mysqlLocation, mysqlSkipReason, onMysqlServer } from '../database.js';
import { fixedClock } from './fixed-clock.js';
import { candles, SERIES_KEY } from './rows.js';
import { freePort } from '../free-port.js';

const context = { clock: fixedClock(), logger: SILENT_LOGGER };
const byHand = { ...context, mayCreate: false };
const opened: Database[] = [];
const cleanUps: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
  for (const cleanUp of cleanUps.splice(0)) await cleanUp();
});

async function open(location: MysqlLocation): Promise<Database> {
  const database = await openDatabase(location, context);
  opened.push(database);
  return database;
}

/** A database that is dropped after the test. */
function ownLocation(values: Partial<MysqlLocation> = {}): MysqlLocation {
  const location = { ...mysqlLocation(), ...values };
  cleanUps.push(() => dropDatabase(location));
  return location;
}

/** A user that may do nothing but log in, and what is granted. */
async function aUser(...grants: readonly string[]): Promise<{ user: string; password: string }> {
  const user = `evenkeel_test_${randomBytes(4).toString('hex')}`;
  const name = `'${user}'@'%'`;
  cleanUps.push(() => onMysqlServer(`DROP USER ${name}`));
  const granted = grants.map((grant) => `GRANT ${grant} TO ${name}`);
  await onMysqlServer(`CREATE USER ${name} IDENTIFIED BY 'secret'`, ...granted);
  return { user, password: 'secret' };
}

async function failure(location: MysqlLocation): Promise<Error> {
  return open(location).then(
    () => new Error('it opened'),
    (error: unknown) => error as Error,
  );
}

const title = `a MySQL server${mysqlSkipReason === undefined ? '' : ` (skipped: ${mysqlSkipReason})`}`;

describe.skipIf(mysqlSkipReason !== undefined)(title, () => {
  it('gets the database made when there is none', async () => {
    const location = ownLocation();
    const stores = openStores(await open(location), context.clock);
    expect((await stores.series.ensure(SERIES_KEY)).symbol).toBe('BTC/USDT');
  });

  it('that does not answer is named with its address', async () => {
    const error = await failure({ ...mysqlLocation(), port: await freePort() });
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toMatch(/does not answer.*ECONNREFUSED/);
  });

  it('that hangs up during the greeting does not answer either', async () => {
    const server = createServer((socket) => socket.destroy()).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    const error = await failure({ ...mysqlLocation(), port });
    server.close();
    await once(server, 'close');
    expect(error).toBeInstanceOf(TransientError);
  });

  it('that refuses the password is asked for its settings, without showing them', async () => {
    const { user } = await aUser();
    const error = await failure({ ...mysqlLocation(), user, password: 'hunter2' });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/Check MYSQL_USER and MYSQL_PASSWORD/);
    expect(error.message).not.toContain('hunter2');
  });

  it('where the user may not make the database says which statement would', async () => {
    const error = await failure(ownLocation(await aUser()));
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/no rights on .*GRANT ALL/);
  });

  it('where the user may only read says so', async () => {
    const location = ownLocation();
    await onMysqlServer(`CREATE DATABASE \`${location.database}\``);
    const user = await aUser(`SELECT ON \`${location.database}\`.*`);
    const error = await failure({ ...location, ...user });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/no rights on .*CREATE command denied/);
  });

  it('lets in a user with the rights of docs/mysql_schema.sql, who makes the schema', async () => {
    const location = ownLocation();
    await onMysqlServer(`CREATE DATABASE \`${location.database}\``);
    const script = readFileSync('docs/mysql_schema.sql', 'utf8').replaceAll(/\n-- */g, ' ');
    const [, rights = ''] = /GRANT (SELECT, [A-Z, ]+) ON/.exec(script) ?? [];
    const user = await aUser(`${rights} ON \`${location.database}\`.*`);
    const stores = openStores(await open({ ...location, ...user }), context.clock);
    expect((await stores.series.ensure(SERIES_KEY)).symbol).toBe('BTC/USDT');
  });

  it('whose database belongs to another program is refused and left alone', async () => {
    const location = ownLocation();
    const name = `\`${location.database}\``;
    await onMysqlServer(`CREATE DATABASE ${name}`, `CREATE TABLE ${name}.recipes (id INT)`);
    const error = await failure(location);
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/belongs to another program \(1 tables\)/);
  });

  it('that is not known by its name is asked to be spelt', async () => {
    const error = await failure({ ...mysqlLocation(), host: 'no-such-host.invalid' });
    expect(error).toBeInstanceOf(ConfigError);
    expect(error.message).toMatch(/MYSQL_HOST=no-such-host\.invalid is not known.*spelling/);
  });

  it('that accepts and then says nothing is given up, and counts as late', async () => {
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    const error = await failure({ ...mysqlLocation(), port });
    silent.close();
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toMatch(/does not answer in time \(ETIMEDOUT\).*firewall/);
  });

  it('that lets nobody in any more says which setting helps', async () => {
    const { user, password } = await aUser('ALL ON *.*');
    await onMysqlServer(`ALTER USER '${user}'@'%' WITH MAX_USER_CONNECTIONS 1`);
    const location = ownLocation({ user, password, poolSize: 1 });
    const database = await open(location);
    // The server may count the connection that opened the database for a moment longer.
    await vi.waitFor(() => database.selectRows('SELECT 1', []), { timeout: 10_000 });
    const error = await failure(location);
    expect(error).toBeInstanceOf(TransientError);
    expect(error.message).toMatch(/no connection left. Raise its max_connections/);
  });

  it('is not filled without being asked to where the schema is made by hand', async () => {
    const location = ownLocation();
    const command =
      /AUTO_CREATE_SCHEMA=false, but .* lacks steps 0001_series to .*mysql_schema\.sql/;
    await expect(openDatabase(location, byHand)).rejects.toThrow(command);
    await onMysqlServer(`CREATE DATABASE \`${location.database}\``);
    await expect(openDatabase(location, byHand)).rejects.toThrow(command);
    await expect(openDatabase(location, byHand)).rejects.toThrow(ConfigError);
    await open(location);
    opened.push(await openDatabase(location, byHand));
  });

  it('keeps candles in a table of another name, and is refused when that changes', async () => {
    const location = ownLocation({ marketDataTable: 'Candles_2' });
    const database = await open(location);
    const stores = openStores(database, context.clock);
    const { id } = await stores.series.ensure(SERIES_KEY);
    const given = candles(20);
    await stores.candles.upsert(id, given, 'rest');
    const revised = given.map((candle) => ({ ...candle, volume: candle.volume + 1 }));
    expect(await stores.candles.upsert(id, revised, 'rest')).toMatchObject({ revised: 20 });
    expect(await stores.candles.read(id)).toEqual(revised);
    expect(await stores.candles.latest(id, 1)).toEqual(revised.slice(-1));
    const reader = await openReader(location);
    const columns = await loadColumns(reader, id, {});
    await reader.close();
    expect([...columns.close]).toEqual(revised.map(({ close }) => close));
    const named = await database.selectRows('SELECT COUNT(*) FROM market_data_named', []);
    expect(named).toEqual([[20]]);
    const renamed = await failure({ ...location, marketDataTable: 'market_data' });
    expect(renamed).toBeInstanceOf(ConfigError);
    expect(renamed.message).toMatch(/no table market_data: set MYSQL_MARKET_DATA_TABLE/);
  });

  it('puts candles aside from a table of another name, and from it alone', async () => {
    const location = ownLocation({ marketDataTable: 'Candles_2' });
    const stores = openStores(await open(location), context.clock);
    const { id } = await stores.series.ensure(SERIES_KEY);
    const given = candles(20);
    const last = given[14]?.openTime ?? 0;
    expect(await stores.candles.quarantineStored(id, last, 'future: x')).toEqual([]);
    await stores.candles.upsert(id, given, 'rest');
    const moved = await stores.candles.quarantineStored(id, last, 'future: x');
    expect(moved).toEqual(given.slice(15).map(({ openTime }) => openTime));
    expect(await stores.candles.read(id)).toEqual(given.slice(0, 15));
    expect(await stores.candles.listQuarantined(id)).toHaveLength(5);
  });

  it('is not bothered with a character set or time zone that it does not know', async () => {
    const charset = await failure(ownLocation({ charset: 'klingon' }));
    expect(charset).toBeInstanceOf(ConfigError);
    expect(charset.message).toMatch(/MYSQL_CHARSET=klingon/);
    const narrow = await failure(ownLocation({ charset: 'latin1' }));
    expect(narrow).toBeInstanceOf(ConfigError);
    expect(narrow.message).toMatch(/MYSQL_CHARSET=latin1 cannot carry every name/);
    const timezone = await failure(ownLocation({ timezone: 'Mars/Olympus' }));
    expect(timezone).toBeInstanceOf(ConfigError);
    expect(timezone.message).toMatch(/MYSQL_TIMEZONE=Mars\/Olympus/);
  });

  it('stores the same times whatever the session’s time zone', async () => {
    const location = ownLocation({ timezone: '+09:00' });
    const stores = openStores(await open(location), context.clock);
    const { id } = await stores.series.ensure(SERIES_KEY);
    await stores.series.setFirstBarAt(id, 1_704_067_200_123);
    const elsewhere = openStores(await open({ ...location, timezone: '-11:00' }), context.clock);
    expect((await elsewhere.series.find(SERIES_KEY))?.firstBarAt).toBe(1_704_067_200_123);
  });

  it('undoes one of two transactions that block each other, and it is run again', async () => {
    const location = ownLocation();
    const stores = openStores(await open(location), context.clock);
    const other = openStores(await open(location), context.clock);
    const one = await stores.series.ensure(SERIES_KEY);
    const two = await stores.series.ensure({ ...SERIES_KEY, symbol: 'ETH/USDT' });
    const both = meetingPoint(2);
    const crosswise =
      (first: number, second: number, openTime: number) =>
      async (tx: typeof stores): Promise<void> => {
        await tx.series.setFirstBarAt(first, openTime);
        await both();
        await tx.series.setFirstBarAt(second, openTime);
      };
    await Promise.all([
      stores.transaction(crosswise(one.id, two.id, 1_000)),
      other.transaction(crosswise(two.id, one.id, 2_000)),
    ]);
    const firstBars = (await stores.series.list({ venue: 'binance' })).map((row) => row.firstBarAt);
    expect(new Set(firstBars).size).toBe(1);
  });

  it('that ends a connection is asked again on another one', async () => {
    const location = ownLocation({ poolSize: 1 });
    const database = await open(location);
    const [[id] = []] = await database.selectRows('SELECT CONNECTION_ID()', []);
    await onMysqlServer(`KILL ${Number(id)}`);
    const first = await database.selectRows('SELECT 1', []).catch((error: unknown) => error);
    if (first instanceof Error) expect(first).toBeInstanceOf(TransientError);
    expect(await database.selectRows('SELECT 1', [])).toEqual([[1]]);
  });
});

/** Resolves for everybody once `count` have come; those who come later do not wait. */
function meetingPoint(count: number): () => Promise<void> {
  let arrived = 0;
  let open: () => void = () => undefined;
  const gate = new Promise<void>((resolve) => {
    open = resolve;
  });
  return () => {
    arrived += 1;
    if (arrived >= count) open();
    return gate;
  };
}
