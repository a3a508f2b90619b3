import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { ensureKeys } from '../../src/demo/account/keys.js';
import type { FaultRule } from '../../src/demo/binance/faults.js';
import { DemoExchange } from '../../src/demo/demo-server.js';
import { demoFolder } from '../../src/demo/market/run-state.js';
import type { Instrument, Quote } from '../../src/domain/market.js';
import { Money } from '../../src/domain/money.js';
import type { Fill, Order, Position } from '../../src/domain/trade.js';
import { CcxtOrderVenue } from '../../src/exchange/orders/ccxt-order-venue.js';
import type { OrderVenue, VenueFill, VenueOrder } from '../../src/exchange/orders/order-venue.js';
import type { MarketClock } from '../../src/exchange/venue-clock.js';
import type { Clock } from '../../src/lib/clock.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import type { Stores } from '../../src/storage/stores.js';
import { LiveBroker } from '../../src/trading/live/live-broker.js';
import type { LiveRules } from '../../src/trading/live/live-rules.js';
import { TradingService } from '../../src/trading/service/trading-service.js';
import type { TradingRules } from '../../src/trading/trading-rules.js';
import type { TradingStores } from '../../src/trading/trading-stores.js';
import { openTestDatabase, type TestDatabase } from '../database.js';
import { temporaryFolder } from '../demo/demo-fixture.js';
import { RecordingLogger } from '../exchange/recording-logger.js';
import { buildRules, buildSignal, HOUR } from '../trading/build-trading.js';
import { NO_LIMITS } from '../trading/risk-limits.js';

const START_MS = Date.UTC(2024, 2, 4, 10, 0, 10);
const MINUTE = 60_000;
const EVERYTHING = { limit: 10_000, offset: 0 };
/** What hangs costs a test that long; a busy machine needs some of it for an answer. */
const TIMEOUT_MS = 1_000;
const ATTEMPTS = 10;
const LEASE_ANSWER_MS = 5;
export const SYMBOL = 'BTC/USDT';
export const ORDER_PATH = '/api/v3/order';

/** The wall's time, which the market follows at speed 1. A wait that nothing ends is over at once. */
export class WorldClock extends ManualClock implements MarketClock {
  readonly speed = 1;
  readonly skewMs = 0;
  readonly isVenueTime = true;

  override sleep(durationMs: number, signal?: AbortSignal): Promise<void> {
    return signal === undefined ? Promise.resolve() : super.sleep(durationMs, signal);
  }

  certainMarketMs(): number {
    return this.marketMs();
  }

  latestMarketMs(): number {
    return this.marketMs();
  }

  wallMsUntil(): number {
    return 0;
  }
}

export interface WorldOptions {
  readonly rules?: Partial<TradingRules>;
  readonly live?: Partial<LiveRules>;
  readonly balances?: Readonly<Record<string, string>>;
  readonly seed?: number;
  /** Opens another database than one of SQLite in memory, which the caller closes. */
  readonly openDatabase?: (options: { readonly clock: Clock }) => Promise<TestDatabase>;
}

export interface ProcessOptions {
  readonly stores?: TradingStores;
  readonly venue?: OrderVenue;
  readonly holder?: string;
  /** Settings of this process alone. */
  readonly live?: Partial<LiveRules>;
  readonly reconcileEveryMs?: number;
}

/** The demo exchange's real server, real ccxt, a real database, and processes that trade there with money. */
export class LiveWorld {
  readonly clock: WorldClock;
  readonly logger = new RecordingLogger();
  readonly stores: Stores;
  readonly venue: CcxtOrderVenue;
  readonly demo: DemoExchange;
  readonly rules: TradingRules;
  readonly #live: Partial<LiveRules>;
  readonly #baseUrl: string;
  readonly #closers: (() => void | Promise<void>)[];
  readonly #services: TradingService[] = [];

  private constructor(made: {
    readonly stores: Stores;
    readonly demo: DemoExchange;
    readonly clock: WorldClock;
    readonly venue: CcxtOrderVenue;
    readonly venueName: string;
    readonly baseUrl: string;
    readonly options: WorldOptions;
    readonly closers: (() => void | Promise<void>)[];
  }) {
    this.stores = made.stores;
    this.demo = made.demo;
    this.clock = made.clock;
    this.venue = made.venue;
    this.#baseUrl = made.baseUrl;
    this.#closers = made.closers;
    this.#live = made.options.live ?? {};
    this.rules = buildRules({
      venue: made.venueName,
      account: 'livekey',
      risk: NO_LIMITS,
      maxHoldBars: 0,
      timeframe: '1m',
      maxDecisionLagSec: 300,
      ...made.options.rules,
    });
  }

  static async open(options: WorldOptions = {}): Promise<LiveWorld> {
    const clock = new WorldClock(1_000_000_000_000, 1, START_MS);
    const { folder, remove } = temporaryFolder();
    const balances = options.balances ?? { USDT: '10000' };
    const { apiKey, secret } = ensureKeys(demoFolder(folder), { balances });
    const demo = new DemoExchange({
      dataDir: folder,
      start: START_MS,
      seed: options.seed ?? 3,
      speed: 1,
      weightPerMinute: 1e9,
      wall: clock,
      logger: new RecordingLogger(),
    });
    const { baseUrl, venue: venueName } = await demo.start();
    const venue = new CcxtOrderVenue({
      exchangeId: 'demo',
      baseUrl,
      keys: { apiKey, secret },
      clock,
      timeoutMs: TIMEOUT_MS,
      retry: { attempts: 1, initialDelayMs: 1 },
    });
    await startPatiently(venue);
    const { stores, database } = await (options.openDatabase ?? openTestDatabase)({ clock });
    const closers = [
      () => venue.stop(),
      () => demo.stop(),
      () => (options.openDatabase === undefined ? database.close() : undefined),
      () => {
        remove();
        rmSync(folder, { recursive: true, force: true });
      },
    ];
    return new LiveWorld({ stores, demo, clock, venue, venueName, baseUrl, options, closers });
  }

  /** A process that trades here; its stores and its exchange may be made to fail. */
  async start({
    stores,
    venue = this.venue,
    holder = 'here',
    live: own = {},
    reconcileEveryMs = 300_000,
  }: ProcessOptions = {}): Promise<TradingService> {
    const { clock, logger, rules } = this;
    const live = { ...this.#liveRules(), ...own };
    const instrument = this.#instrument();
    const service = new TradingService({
      rules,
      stores: { ...(stores ?? this.stores), accounts: this.stores.accounts },
      createBroker: (tools) => new LiveBroker({ venue, rules: live, clock, logger, ...tools }),
      account: {
        venue,
        reconcileEveryMs,
        readEquity: async () => (await venue.balances()).get(rules.currency)?.free ?? new Money(0),
      },
      clock,
      logger,
      holder,
      findInstrument: (symbol) => (symbol === SYMBOL ? instrument : undefined),
    });
    this.#services.push(service);
    try {
      await service.start();
    } catch (error) {
      this.drop(service);
      await service.stop().catch(() => undefined);
      throw error;
    }
    return service;
  }

  /** A broker of its own, of a process that may trade. */
  createBroker(venue: OrderVenue = this.venue): LiveBroker {
    const { clock, logger } = this;
    const rules = this.#liveRules();
    const findPrice = (): undefined => undefined;
    return new LiveBroker({ venue, rules, clock, logger, findPrice, mayTrade: () => true });
  }

  #liveRules(): LiveRules {
    return {
      maxSlippagePct: 0.2,
      exitSlippagePct: 2,
      unknownOrderMs: 60_000,
      areStopsAtExchange: true,
      trading: this.rules,
      ...this.#live,
    };
  }

  /** Forgets a process as a kill does: nothing of it is ended or given back. */
  drop(service: TradingService): void {
    this.#services.splice(this.#services.indexOf(service), 1);
  }

  async close(): Promise<void> {
    for (const service of this.#services.splice(0)) await service.stop();
    for (const closer of this.#closers) await closer();
  }

  fault(rule: FaultRule): void {
    this.demo.faults.add(rule);
  }

  /** Lets time pass in steps of a second, each of which is looked at by the processes. */
  async pass(seconds: number, service?: TradingService): Promise<void> {
    for (let second = 0; second < seconds; second++) {
      await this.clock.advance(1_000);
      await service?.onQuotes([]).catch(() => undefined);
      await untilAnswered(service);
    }
  }

  /** The newest price goes to the process, as the collector sends it. */
  async quote(service: TradingService): Promise<Quote> {
    const quote = await this.readQuote();
    await service.onQuotes([quote]);
    return quote;
  }

  async readQuote(): Promise<Quote> {
    const url = `${this.#baseUrl}/api/v3/ticker`;
    const [book, last] = await Promise.all(
      ['bookTicker', 'price'].map(async (name) => {
        const answer = await fetch(`${url}/${name}?symbol=BTCUSDT`);
        return (await answer.json()) as Record<string, string>;
      }),
    );
    const quote = {
      venue: this.rules.venue,
      symbol: SYMBOL,
      bid: book?.['bidPrice'] ?? '',
      ask: book?.['askPrice'] ?? '',
      last: last?.['price'] ?? '',
      venueTime: this.clock.marketMs(),
    };
    await this.stores.prices.insert([quote]);
    return quote;
  }

  /** A model's signal of the candle that closed last. */
  async signal(service: TradingService, prediction: 'BUY' | 'SELL'): Promise<void> {
    const now = this.clock.marketMs();
    const candleOpenTime = now - (now % MINUTE) - MINUTE;
    const { venue, timeframe } = this.rules;
    const signal = buildSignal({ venue, timeframe, prediction, candleOpenTime, signaledAt: now });
    await service.onSignal(signal, { horizonBars: 4 });
  }

  async positions(): Promise<readonly Position[]> {
    const { rows } = await this.stores.positions.list({ venue: this.rules.venue }, EVERYTHING);
    return rows.toReversed();
  }

  async orders(): Promise<readonly Order[]> {
    const { rows } = await this.stores.orders.list({ venue: this.rules.venue }, EVERYTHING);
    return rows.toReversed();
  }

  /** Kinds of all differences that reconciliations of the account found, newest reconciliation first. */
  async differences(): Promise<readonly string[]> {
    const filter = { venue: this.rules.venue };
    const { rows } = await this.stores.reconciliations.list(filter, { limit: 100, offset: 0 });
    return rows.flatMap((row) => row.differences.map(({ kind }) => kind));
  }

  async fills(): Promise<readonly Fill[]> {
    const { rows } = await this.stores.fills.list({ venue: this.rules.venue }, EVERYTHING);
    return rows.toReversed();
  }

  /** What the exchange itself has: all orders that are open, and all fills. */
  async atVenue(): Promise<{
    readonly open: readonly VenueOrder[];
    readonly fills: readonly VenueFill[];
    readonly balances: ReadonlyMap<string, Money>;
  }> {
    const { venue } = this;
    const balances = await patiently(() => venue.balances());
    return {
      open: (await patiently(() => venue.openOrders())).orders,
      fills: await patiently(() => venue.fillsSince(SYMBOL, START_MS - HOUR)),
      balances: new Map([...balances].map(([name, { free, used }]) => [name, free.plus(used)])),
    };
  }

  #instrument(): Instrument {
    const { sizeStep, minCost } = this.venue.rulesOf(SYMBOL);
    return {
      symbol: SYMBOL,
      marketId: 'BTCUSDT',
      base: 'BTC',
      quote: 'USDT',
      sizeStep: sizeStep?.toString(),
      minCost: minCost?.toString(),
    };
  }
}

/** The first answer has all markets in it. */
export async function startPatiently(venue: CcxtOrderVenue): Promise<void> {
  await patiently(() => venue.start());
}

/** On a busy machine an answer may take longer than a process under test waits for it. */
async function patiently<T>(ask: () => Promise<T>): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await ask();
    } catch (error) {
      if (attempt === ATTEMPTS) throw error;
    }
  }
}

/** A lease that is asked for again costs real time, in which simulated time must not run away. */
export async function untilAnswered(service: TradingService | undefined): Promise<void> {
  if (service?.status().state === 'standby') await sleep(LEASE_ANSWER_MS);
}
