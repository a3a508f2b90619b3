import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../lib/clock.js';
import { ConfigError, messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { assertDefined } from '../lib/invariant.js';
import { RequestHandler } from './binance/request-handler.js';
import { WeightLimit } from './binance/weight-limit.js';
import type { CandleSource } from './market/candle-source.js';
import { Faults } from './binance/faults.js';
import { GeneratedSource, type GeneratedSourceOptions } from './generator/generated-source.js';
import { MarketClock } from './market/market-clock.js';
import { DemoAccount } from './account/demo-account.js';
import { Journal } from './account/journal.js';
import { findKeys } from './account/keys.js';
import { Market, type EmptyBars } from './market/market.js';
import { RecordedSource } from './recording/recorded-source.js';
import { demoFolder, journalFile } from './market/run-state.js';

const DEFAULT_SPEED = 360;
const DEFAULT_SEED = 1;
const WEIGHT_PER_MINUTE = 6_000;

/** Longer than clients keep an idle connection, so that they do not write into a closing one. */
const KEEP_ALIVE_MS = 75_000;

/** What determines a demo market and how it is played. All but `dataDir` has a default. */
export interface DemoSettings {
  /** `DATA_DIR`: market time is kept in its folder `demo`. */
  readonly dataDir: string;
  /** Folder of candle files to replay (`DEMO_DATA`); without it the generator is used. */
  readonly data?: string | undefined;
  /** `DEMO_SEED` of the generator. Default 1. */
  readonly seed?: string | number | undefined;
  /** `DEMO_START`: ISO 8601 or epoch milliseconds at which a run begins. */
  readonly start?: string | number | undefined;
  /** `DEMO_SPEED`: market milliseconds in a wall millisecond. Default 360. */
  readonly speed?: number | undefined;
  /** Port on 127.0.0.1; 0 takes a free one. Default 0. */
  readonly port?: number | undefined;
  /** Generator: false leaves out the planted pattern. Default true. */
  readonly hasPattern?: GeneratedSourceOptions['hasPattern'];
  /** Generator: open times of the first bar of pairs that are listed later, by market id. */
  readonly firstBars?: GeneratedSourceOptions['firstBars'];
  /** How bars without a trade are shown. Default `omit`. */
  readonly emptyBars?: EmptyBars | undefined;
  /** Request weight of a minute. Default 6000, as Binance's. */
  readonly weightPerMinute?: number | undefined;
  /** Opens the control route for tests to who sends this token in `x-demo-token`. Default: none. */
  readonly controlToken?: string | undefined;
}

export interface DemoExchangeOptions extends DemoSettings {
  readonly wall: Pick<Clock, 'wallMs'>;
  readonly logger: Logger;
}

export interface StartedDemo {
  /** Such as `http://127.0.0.1:41234`. */
  readonly baseUrl: string;
  /** `demo:<hash>:<run>`: hash of the data or of the seed, and the number of the run, from 1. */
  readonly venue: string;
  /** Market time in epoch milliseconds at the start. */
  readonly marketMs: number;
}

/**
 * The demo exchange in this process: Binance's spot REST dialect on the loopback address, over a
 * recorded or generated market whose time goes on across restarts. Throws a ConfigError where the
 * settings, the recording or the stored run are wrong, and when the port is taken.
 */
export class DemoExchange {
  readonly faults = new Faults();
  #server: Server | undefined;
  #clock: MarketClock | undefined;

  readonly #options: DemoExchangeOptions;

  constructor(options: DemoExchangeOptions) {
    this.#options = options;
  }

  async start(): Promise<StartedDemo> {
    const options = this.#options;
    const source = openSource(options);
    const clock = createClock(source, options);
    clock.start();
    this.#clock = clock;
    const market = new Market(source, options.emptyBars);
    const folder = demoFolder(options.dataDir);
    const run = { hash: source.hash, run: clock.runNumber };
    const handler = new RequestHandler({
      market,
      account: new DemoAccount(market, new Journal(journalFile(folder, run))),
      readKeys: () => findKeys(folder),
      speed: options.speed ?? DEFAULT_SPEED,
      clock,
      faults: this.faults,
      weightLimit: new WeightLimit(options.wall, options.weightPerMinute ?? WEIGHT_PER_MINUTE),
      controlToken: options.controlToken,
      logger: options.logger,
    });
    const server = createServer((request, response) => handler.handle(request, response));
    server.keepAliveTimeout = KEEP_ALIVE_MS;
    this.#server = server;
    const port = await listen(server, options.port ?? 0);
    return {
      baseUrl: `http://127.0.0.1:${port}`,
      venue: `demo:${source.hash}:${clock.runNumber}`,
      marketMs: clock.nowMs(),
    };
  }

  /** Market time in epoch milliseconds. */
  marketMs(): number {
    return this.#runningClock().nowMs();
  }

  /** Whether a recording has been played to its end; market time then stands still. */
  hasEnded(): boolean {
    return this.#runningClock().hasEnded();
  }

  async stop(): Promise<void> {
    const server = this.#server;
    const clock = this.#clock;
    this.#server = undefined;
    this.#clock = undefined;
    if (server?.listening === true) {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    }
    clock?.stop();
  }

  #runningClock(): MarketClock {
    return assertDefined(this.#clock, 'running demo exchange');
  }
}

function openSource({
  data,
  seed = DEFAULT_SEED,
  hasPattern,
  firstBars,
}: DemoSettings): CandleSource {
  if (data !== undefined) return RecordedSource.open(data);
  return new GeneratedSource({ seed: String(seed), hasPattern, firstBars });
}

function createClock(source: CandleSource, options: DemoExchangeOptions): MarketClock {
  const { start, speed = DEFAULT_SPEED, wall, dataDir } = options;
  const startMs = start === undefined ? source.defaultStartMs : parseStart(start);
  const { hash, endMs } = source;
  if (startMs < source.startMs || startMs >= (endMs ?? Infinity)) {
    const from = new Date(source.startMs).toISOString();
    const to = endMs === undefined ? 'any later time' : new Date(endMs).toISOString();
    throw new ConfigError(`DEMO_START: ${start ?? ''} is not between ${from} and ${to}`);
  }
  if (!(speed > 0) || !Number.isFinite(speed)) {
    throw new ConfigError(`DEMO_SPEED: ${speed} is not a number above 0`);
  }
  return new MarketClock({ folder: demoFolder(dataDir), hash, startMs, endMs, speed, wall });
}

function parseStart(start: string | number): number {
  const startMs = /^\d+$/.test(String(start)) ? Number(start) : Date.parse(String(start));
  if (Number.isSafeInteger(startMs)) return startMs;
  throw new ConfigError(`DEMO_START: ${start} is neither an ISO 8601 time nor epoch milliseconds`);
}

function listen(server: Server, port: number): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (cause) =>
      reject(new ConfigError(`Demo exchange: port ${port}: ${messageOf(cause)}`, { cause })),
    );
    server.listen(port, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}
