import { SILENT_LOGGER } from '../src/lib/silent-logger.js';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import { hostname } from 'node:os';
import { findFileWarnings, readEnvironment, readSettings } from '../config/read-settings.js';
import type { Settings } from '../config/settings.js';
import { databaseLocation } from '../src/daemon/open-storage.js';
import { readVersion } from '../src/daemon/project-dir.js';
import { redisPlace } from '../src/daemon/redis-place.js';
import { CcxtMarketData } from '../src/exchange/ccxt-market-data.js';
import { AlreadyRunningError, messageOf } from '../src/lib/errors.js';
import { SystemClock } from '../src/lib/clock.js';
import { DataDirLock } from '../src/coordination/data-dir-lock.js';
import { MissingSchemaError } from '../src/storage/connection/pending-migrations.js';
import { openDatabase, type Database } from '../src/storage/database/database.js';
import { openStores } from '../src/storage/stores.js';
import { checkArtifacts } from './doctor-artifacts.js';
import type { Finding } from './doctor-finding.js';
import { judgeWorkers } from './doctor-workers.js';
import { findBindingDefect, readSqliteBinding } from './sqlite-binding.js';

const EXCHANGE_LIMIT_MS = 15_000;
const NOTIFY_LIMIT_MS = 5_000;
const clock = new SystemClock();

/** What only the program itself can check: settings, data folder, database, port, exchange. */
export async function checkSetup(): Promise<readonly Finding[]> {
  const read = await attempt('settings', 'see docs/settings.md', async () =>
    readSettings(readEnvironment()),
  );
  if (read.status !== 'ok') return [read.finding];
  const { settings } = read.value;
  const warnings = [...findFileWarnings(), ...read.value.warnings];
  const message = warnings.length === 0 ? 'all fine' : warnings.join('; ');
  const own: Finding = {
    name: 'settings',
    status: warnings.length === 0 ? 'ok' : 'warning',
    message,
  };
  return [
    own,
    ...binding(),
    dataFolder(settings),
    await database(settings),
    await port(settings),
    await exchange(settings),
    await notifications(settings),
    ...(await checkArtifacts(settings)),
    ...(await queue(settings)),
  ];
}

/** Only a defect is worth a line: that packages are there is said before. */
function binding(): readonly Finding[] {
  const defect = findBindingDefect(readSqliteBinding());
  if (defect === undefined) return [];
  const { message, fix } = defect;
  return [{ name: 'sqlite', status: 'failed', message, fix }];
}

function dataFolder({ dataDir }: Settings): Finding {
  const lock = new DataDirLock(dataDir);
  try {
    const startedAt = new Date(clock.wallMs()).toISOString();
    lock.acquire({ pid: process.pid, host: hostname(), startedAt });
    return { name: 'data', status: 'ok', message: `${dataDir} can be written` };
  } catch (error) {
    if (error instanceof AlreadyRunningError) {
      return { name: 'data', status: 'ok', message: `in use: ${error.message}` };
    }
    return { name: 'data', status: 'failed', message: messageOf(error), fix: 'set DATA_DIR' };
  } finally {
    lock.stop();
  }
}

async function database(settings: Settings): Promise<Finding> {
  const name = 'database';
  const fix = 'see the message; docs/runbook.md has more';
  const opened = await attempt(name, fix, () => describeDatabase(settings));
  return opened.status === 'ok' ? { name, status: 'ok', message: opened.value } : opened.finding;
}

async function describeDatabase(settings: Settings): Promise<string> {
  try {
    const engine = await withDatabase(settings, async (open) =>
      open.engine === 'sqlite' ? 'SQLite' : `MySQL (${await encryption(open)})`,
    );
    return `${engine} opens, schema is current`;
  } catch (error) {
    if (!(error instanceof MissingSchemaError) || !settings.autoCreateSchema) throw error;
    return `${error.lack}: the daemon makes that when it starts`;
  }
}

/** Makes nothing: a doctor on a worker's host must not bring the daemon's schema to its own version. */
async function withDatabase<T>(
  settings: Settings,
  use: (open: Database) => Promise<T>,
): Promise<T> {
  const how = { clock, logger: SILENT_LOGGER, mayCreate: false };
  const open = await openDatabase(databaseLocation(settings), how);
  try {
    return await use(open);
  } finally {
    await open.close();
  }
}

/** How the connection to MySQL is encrypted. */
async function encryption(open: Database): Promise<string> {
  const [status] = await open.ask("SHOW SESSION STATUS LIKE 'Ssl_version'");
  const version = status?.['Value'];
  const mode = open.location.engine === 'mysql' ? open.location.ssl?.mode : undefined;
  const setting = `MYSQL_SSL=${mode ?? 'off'}`;
  return typeof version === 'string' && version !== ''
    ? `${version}, ${setting}`
    : `not encrypted, ${setting}`;
}

async function port({ apiHost, apiPort }: Settings): Promise<Finding> {
  const free = await attempt('port', 'stop what uses it, or set API_PORT', async () => {
    const server = createServer();
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(apiPort, apiHost, resolve);
    });
    await new Promise((resolve) => server.close(resolve));
  });
  if (free.status === 'ok') return { name: 'port', status: 'ok', message: `${apiPort} is free` };
  // A daemon that runs is the usual reason.
  return { ...free.finding, status: 'warning' };
}

async function exchange(settings: Settings): Promise<Finding> {
  if (settings.exchange === 'demo')
    return { name: 'exchange', status: 'ok', message: 'demo: on this machine' };
  const fix = 'check the name in EXCHANGE and the network';
  const asked = await attempt('exchange', fix, async () => {
    const { exchange: exchangeId, exchangeBaseUrl } = settings;
    const address = exchangeBaseUrl === undefined ? {} : { baseUrl: exchangeBaseUrl };
    const data = new CcxtMarketData({ exchangeId, ...address, clock, logger: SILENT_LOGGER });
    try {
      await data.start(AbortSignal.timeout(EXCHANGE_LIMIT_MS));
      return `${data.venue} answers, ${data.listSpot().length} spot markets`;
    } finally {
      await data.stop();
    }
  });
  return asked.status === 'ok'
    ? { name: 'exchange', status: 'ok', message: asked.value }
    : { ...asked.finding, status: 'warning' };
}

/** Whether Redis can carry the queue, and whether anybody works on it. */
async function queue(settings: Settings): Promise<readonly Finding[]> {
  const place = redisPlace(settings);
  if (place === undefined) return [];
  const asked = await attempt('redis', 'check REDIS_URL, and that Redis runs', () =>
    readRedis(place.url),
  );
  if (asked.status !== 'ok') return [asked.finding];
  return [judgeRedis(asked.value), await workers(settings)];
}

function judgeRedis({ version, policy, isPersistent }: RedisFacts): Finding {
  const name = 'redis';
  const kept = isPersistent ? 'keeps its data' : 'keeps nothing over a restart, which does no harm';
  const answers = `Redis ${version} answers and ${kept}`;
  if (isOlder(version, OLDEST_REDIS)) {
    const fix = `install Redis ${OLDEST_REDIS.join('.')} or newer`;
    return { name, status: 'failed', message: `${answers}, but is too old`, fix };
  }
  if (policy === 'noeviction' || policy === undefined) {
    return { name, status: 'ok', message: answers };
  }
  return {
    name,
    status: 'warning',
    message: `${answers}, but may drop what it carries (maxmemory-policy ${policy})`,
    fix: 'set maxmemory-policy noeviction in redis.conf',
  };
}

/** What BullMQ needs. */
const OLDEST_REDIS: readonly [number, number] = [6, 2];

function isOlder(version: string, [major, minor]: readonly [number, number]): boolean {
  const [itsMajor = 0, itsMinor = 0] = version.split('.').map(Number);
  return itsMajor < major || (itsMajor === major && itsMinor < minor);
}

interface RedisFacts {
  readonly version: string;
  /** A policy that may not be asked for, as on managed servers, is undefined. */
  readonly policy: string | undefined;
  readonly isPersistent: boolean;
}

async function readRedis(url: string): Promise<RedisFacts> {
  const { Redis } = await import('ioredis');
  const redis = new Redis(url, { lazyConnect: true, retryStrategy: () => null });
  let fault: Error | undefined;
  redis.on('error', (error) => (fault = error));
  try {
    await redis.connect();
    const [, version = '?'] = /redis_version:(\S+)/.exec(await redis.info('server')) ?? [];
    const answer = await redis.config('GET', 'maxmemory-policy').catch(() => undefined);
    const policy = Array.isArray(answer) ? String(answer[1]) : undefined;
    const saves = await redis.config('GET', 'save').catch(() => undefined);
    const isSaved = Array.isArray(saves) && String(saves[1]) !== '';
    const isLogged = /aof_enabled:1/.test(await redis.info('persistence'));
    return { version, policy, isPersistent: isSaved || isLogged };
  } catch (error) {
    throw fault ?? error;
  } finally {
    redis.disconnect();
  }
}

async function workers(settings: Settings): Promise<Finding> {
  const name = 'workers';
  const fix = 'mend the database first';
  const read = await attempt(name, fix, async () => {
    try {
      return await withDatabase(settings, (open) => openStores(open, clock).workers.list());
    } catch (error) {
      // No daemon has ever worked there, so no worker has.
      if (error instanceof MissingSchemaError) return [];
      throw error;
    }
  });
  // What is wrong with the database has a line of its own.
  if (read.status !== 'ok')
    return { name, status: 'warning', message: 'the database does not say', fix };
  return judgeWorkers(read.value, { version: readVersion(), bots: settings.bots });
}

/** Whether the receivers of notifications can be reached; nothing is sent. */
async function notifications(settings: Settings): Promise<Finding> {
  const addresses = [
    settings.notifyWebhookUrl,
    settings.notifyTelegramToken && settings.notifyTelegramUrl,
    settings.notifySmtpUrl,
  ].filter((address) => address !== undefined);
  const name = 'notify';
  if (addresses.length === 0) return { name, status: 'ok', message: 'no channel is set up' };
  const tried = await Promise.all(addresses.map((address) => isReachable(new URL(address))));
  const hosts = addresses.map((address) => new URL(address).hostname);
  const silent = hosts.filter((_, at) => tried[at] !== true);
  if (silent.length === 0) {
    const message = `${hosts.join(', ')} can be reached; npm run notify:test sends a message`;
    return { name, status: 'ok', message };
  }
  const fix = 'check the NOTIFY_ settings and the network, then run: npm run notify:test';
  return { name, status: 'warning', message: `no connection to ${silent.join(', ')}`, fix };
}

async function isReachable({ hostname, port, protocol }: URL): Promise<boolean> {
  const usual: Readonly<Record<string, number>> = {
    'https:': 443,
    'http:': 80,
    'smtps:': 465,
    'smtp:': 587,
  };
  const socket = connect(port === '' ? (usual[protocol] ?? 443) : Number(port), hostname);
  try {
    await once(socket, 'connect', { signal: AbortSignal.timeout(NOTIFY_LIMIT_MS) });
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

type Attempt<T> =
  | { readonly status: 'ok'; readonly value: T }
  | { readonly status: 'failed'; readonly finding: Finding };

async function attempt<T>(name: string, fix: string, work: () => Promise<T>): Promise<Attempt<T>> {
  try {
    return { status: 'ok', value: await work() };
  } catch (error) {
    return {
      status: 'failed',
      finding: { name, status: 'failed', message: messageOf(error), fix },
    };
  }
}
