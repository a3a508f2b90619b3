import { childEnvironments } from '../../src/lib/child-environments.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as realSleep } from 'node:timers/promises';
import { z } from 'zod';
import { readSettings } from '../../config/read-settings.js';
import { status, type StatusAnswer } from '../../src/api/contract/status.js';
import { createDaemon } from '../../src/daemon.js';
import type { ReplaceableParts } from '../../src/daemon/replaceable-parts.js';
import { CcxtMarketData } from '../../src/exchange/ccxt-market-data.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { IndependentBinanceServer } from '../exchange/independent-binance-server.js';
import { makeKlines } from '../exchange/klines.js';
import { openDatabase, type Database } from '../../src/storage/database/database.js';
import { openStores, type Stores } from '../../src/storage/stores.js';
import { RecordingLogger } from '../exchange/recording-logger.js';

export const HOUR = 3_600_000;
/** A full hour: 2023-11-14T22:00:00Z. */
const T0 = 472_222 * HOUR;
/** Time begins so long before the next bar closes. */
const BEFORE_CLOSE_MS = 120_000;
const STEP_MS = 250;
const LIMIT_MS = 90_000;
const decisions = z.object({
  total: z.number(),
  decisions: z.array(z.object({ candle_open_time: z.string(), action: z.string() })),
});

/** A venue over real HTTP whose time, like that of its daemons, passes only when a test lets it. */
export class DaemonWorld {
  readonly clock = new ManualClock(T0 - BEFORE_CLOSE_MS);
  readonly server = new IndependentBinanceServer({
    symbols: ['BTCUSDT'],
    nowMs: () => this.clock.marketMs(),
    klines: () => this.#klines.filter(([openTime]) => Number(openTime) <= this.clock.marketMs()),
  });
  readonly folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-in-process-'));
  readonly #klines: ReturnType<typeof makeKlines>;
  readonly #daemons: DaemonInProcess[] = [];
  #baseUrl = '';
  #database: Database | undefined;

  /** @param barsBefore how many bars of `makeKlines` have closed at `T0` */
  constructor(barsBefore = 1_000) {
    this.#klines = makeKlines(T0 - barsBefore * HOUR, 2 * barsBefore);
  }

  async open(): Promise<void> {
    this.#baseUrl = await this.server.start();
  }

  /** The settings of a daemon, or of a command, with that data folder. */
  environment(dataDir: string): Readonly<Record<string, string>> {
    return {
      EXCHANGE: 'binance',
      DATA_DIR: dataDir,
      SQLITE_FILE: this.#databaseFile,
      SYMBOLS: 'BTC/USDT',
      HISTORY_DAYS: '17',
      API_PORT: '0',
      HALT_FILE: path.join(this.folder, 'halt.txt'),
    };
  }

  /** The stores of the database that all daemons share. */
  async stores(): Promise<Stores> {
    const location = { engine: 'sqlite', file: this.#databaseFile } as const;
    this.#database ??= await openDatabase(location, {
      clock: this.clock,
      logger: new RecordingLogger(),
    });
    return openStores(this.#database, this.clock);
  }

  get #databaseFile(): string {
    return path.join(this.folder, 'shared.sqlite');
  }

  /** Starts a daemon with a data folder of that name; all of them share one database. */
  start(
    name: string,
    overrides: Partial<ReplaceableParts> = {},
    environment: Readonly<Record<string, string>> = {},
  ): DaemonInProcess {
    const options = { name, overrides, environment, baseUrl: this.#baseUrl };
    const daemon = new DaemonInProcess(this, options);
    this.#daemons.push(daemon);
    return daemon;
  }

  /** Lets time pass in small steps until there is something. */
  async until<T>(what: string, probe: () => Promise<T | undefined>): Promise<T> {
    const deadline = performance.now() + LIMIT_MS;
    while (performance.now() < deadline) {
      const found = await probe();
      if (found !== undefined) return found;
      await this.clock.advance(STEP_MS);
      await realSleep(5);
    }
    const lines = this.#daemons.flatMap(({ logger }) => logger.lines.map((one) => one.message));
    throw new Error(`Never came: ${what}. The daemons wrote:\n${lines.join('\n')}`);
  }

  async close(): Promise<void> {
    for (const daemon of this.#daemons) await daemon.stop();
    await this.#database?.close();
    await this.server.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** The daemon of `createDaemon` in the process of the test. */
export class DaemonInProcess {
  readonly logger = new RecordingLogger();
  readonly dataDir: string;
  readonly #world: DaemonWorld;
  readonly #stopping = new AbortController();
  #running: Promise<void>;
  #address: string | undefined;

  constructor(
    world: DaemonWorld,
    options: {
      readonly name: string;
      readonly baseUrl: string;
      readonly overrides: Partial<ReplaceableParts>;
      readonly environment: Readonly<Record<string, string>>;
    },
  ) {
    this.#world = world;
    this.dataDir = path.join(world.folder, options.name);
    const { settings } = readSettings({
      ...world.environment(this.dataDir),
      ...options.environment,
    });
    const { clock } = world;
    const daemon = createDaemon(
      settings,
      {
        logger: this.logger,
        version: '1.2.3',
        childEnvironments: childEnvironments({}),
        onServing: (address) => (this.#address = address),
      },
      {
        clock,
        checkPython: async () => ({ status: 'missing', message: 'no Python here', fix: 'none' }),
        openMarket: async (_, { logger, stack }) => {
          const data = new CcxtMarketData({
            exchangeId: 'binance',
            baseUrl: options.baseUrl,
            clock,
            monotonicMs: () => clock.wallMs(),
            // An answer over real HTTP would come long after its question in manual time.
            clockRefreshMs: 1e9,
            logger,
            requestSpacingMs: 0.5,
            timeoutMs: 5_000,
            retry: { attempts: 2, initialDelayMs: 1 },
          });
          return { data: stack.use('exchange', data), isDemo: false, baseUrl: undefined, speed: 1 };
        },
        ...options.overrides,
      },
    );
    this.#running = daemon.run(this.#stopping.signal);
    this.#running.catch(() => undefined);
  }

  /** @throws what the daemon failed with */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('the test is over'));
    await this.#running;
  }

  /** What it fails with by itself, which its stop does not throw again. */
  async failure(): Promise<unknown> {
    const failure = this.#running.then(
      () => undefined,
      (error: unknown) => error,
    );
    this.#running = failure.then(() => undefined);
    return failure;
  }

  async status(): Promise<StatusAnswer> {
    return status.parse(await this.#get('/api/status'));
  }

  /** Until it says that it is in this state. */
  async untilState(state: string): Promise<StatusAnswer> {
    return this.#world.until(state, async () => {
      if (this.#address === undefined) return undefined;
      const seen = await this.status();
      return seen.state === state ? seen : undefined;
    });
  }

  /** Open times of the candles that were decided on, newest first. */
  async decided(): Promise<readonly string[]> {
    const answer = decisions.parse(await this.#get('/api/decisions'));
    return answer.decisions.map((one) => one.candle_open_time);
  }

  /** Until so many candles were decided on. */
  async untilDecided(count: number): Promise<readonly string[]> {
    return this.#world.until(`${count} decisions`, async () => {
      if (this.#address === undefined) return undefined;
      const found = await this.decided();
      return found.length >= count ? found : undefined;
    });
  }

  post(route: string, body: object = {}): Promise<Response> {
    if (this.#address === undefined) throw new Error('The daemon does not serve yet');
    const headers = { 'content-type': 'application/json' };
    return fetch(new URL(route, this.#address), {
      method: 'POST',
      headers,
      body: JSON.stringify(body),
    });
  }

  async text(route: string): Promise<string> {
    if (this.#address === undefined) throw new Error('The daemon does not serve yet');
    return (await fetch(new URL(route, this.#address))).text();
  }

  async #get(route: string): Promise<unknown> {
    if (this.#address === undefined) throw new Error('The daemon does not serve yet');
    const response = await fetch(new URL(route, this.#address));
    return response.json();
  }
}

/** Hours after `T0` as the API writes an open time. */
export function openTime(hours: number): string {
  return new Date(T0 + hours * HOUR).toISOString();
}
