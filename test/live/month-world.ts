import { createHash } from 'node:crypto';
import { ensureKeys } from '../../src/demo/account/keys.js';
import type { FaultEffect } from '../../src/demo/binance/faults.js';
import { DemoExchange } from '../../src/demo/demo-server.js';
import { GENERATED_PAIRS } from '../../src/demo/generator/pairs.js';
import { demoFolder } from '../../src/demo/market/run-state.js';
import type { Instrument, Quote } from '../../src/domain/market.js';
import { Money } from '../../src/domain/money.js';
import { CcxtOrderVenue } from '../../src/exchange/orders/ccxt-order-venue.js';
import { seededRandom, type Random } from '../../src/lib/seeded-random.js';
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import type { Stores } from '../../src/storage/stores.js';
import { PaperBroker } from '../../src/trading/broker/paper-broker.js';
import { LiveBroker } from '../../src/trading/live/live-broker.js';
import { TradingService } from '../../src/trading/service/trading-service.js';
import type { TradingRules } from '../../src/trading/trading-rules.js';
import { openTestDatabase } from '../database.js';
import { temporaryFolder } from '../demo/demo-fixture.js';
import { buildRules, buildSignal, HOUR } from '../trading/build-trading.js';
import { NO_LIMITS } from '../trading/risk-limits.js';
import { KillableProcess } from './killable-venue.js';
import { ORDER_PATH, startPatiently, WorldClock } from './live-world.js';

const START_MS = Date.UTC(2024, 2, 4, 10, 0, 0);
const QUARTER = HOUR / 4;
/** Between two attempts to read the account. */
const LONGEST_PAUSE_MS = 30_000;
const CASH = '10000';
/** Without the coin in which fees may be taken: docs/live.md says why. */
const SYMBOLS = GENERATED_PAIRS.filter(({ base }) => base !== 'BNB')
  .slice(0, 20)
  .map(({ base }) => `${base}/USDT`);
/** Nothing of it hangs: that would cost a test real time. */
const OUTAGES: readonly FaultEffect[] = [
  { kind: 'reset' },
  { kind: 'html', status: 502 },
  { kind: 'html', status: 200 },
  { kind: 'cut-body' },
];

/** Time of the exchange, and a wall clock that somebody may set. */
class SettableClock extends WorldClock {
  #offsetMs = 0;

  /** The exchange's own: nobody sets it. */
  readonly exchange = { wallMs: (): number => super.wallMs() };

  set(offsetMs: number): void {
    this.#offsetMs = offsetMs;
  }

  override wallMs(): number {
    return super.wallMs() + this.#offsetMs;
  }
}

export interface MonthOptions {
  readonly mode: 'live' | 'paper';
  readonly days: number;
  readonly seed: string;
  /** Default true. */
  readonly areStopsAtExchange?: boolean;
}

export interface Trade {
  readonly symbol: string;
  readonly openedAt: number;
  readonly entryPrice: number;
  readonly exitPrice: number;
  readonly sizeBase: number;
  /** Sizes of the symbol are multiples of it. */
  readonly sizeStep: number;
  /** What the books were worth at the fill before it, in USDT: a size is a part of that. */
  readonly equity: number;
  readonly exitReason: string;
}

export interface MonthResult {
  /** All that can be said of each order, in the order of their intents. */
  readonly orders: readonly string[];
  readonly fills: readonly string[];
  /** Positions that are closed, in the order of their openings. */
  readonly trades: readonly Trade[];
  /** What happened to the process. */
  readonly events: Readonly<
    Record<'outages' | 'restarts' | 'kills' | 'clockChanges' | 'lost', number>
  >;
  /** Coins in the account beside what the books hold; empty on paper. */
  readonly differences: readonly string[];
}

/** Trades twenty symbols for some days through whatever the seed brings: outages, restarts, clock changes. */
export async function runMonth(options: MonthOptions): Promise<MonthResult> {
  const month = await Month.open(options);
  try {
    return await month.run();
  } finally {
    await month.close();
  }
}

class Month {
  readonly #clock: SettableClock;
  readonly #options: MonthOptions;
  readonly #demo: DemoExchange;
  readonly #venue: CcxtOrderVenue;
  readonly #baseUrl: string;
  readonly #stores: Stores;
  readonly #rules: TradingRules;
  readonly #random: Random;
  readonly #closers: readonly (() => void | Promise<void>)[];
  readonly #events = { outages: 0, restarts: 0, kills: 0, clockChanges: 0, lost: 0 };
  #process: KillableProcess | undefined;
  #service: TradingService | undefined;

  private constructor(made: {
    readonly options: MonthOptions;
    readonly clock: SettableClock;
    readonly demo: DemoExchange;
    readonly venue: CcxtOrderVenue;
    readonly baseUrl: string;
    readonly venueName: string;
    readonly stores: Stores;
    readonly closers: readonly (() => void | Promise<void>)[];
  }) {
    this.#clock = made.clock;
    this.#options = made.options;
    this.#demo = made.demo;
    this.#venue = made.venue;
    this.#baseUrl = made.baseUrl;
    this.#stores = made.stores;
    this.#closers = made.closers;
    this.#random = seededRandom(createHash('sha256').update(made.options.seed).digest('hex'));
    this.#rules = buildRules({
      venue: made.venueName,
      account: made.options.mode,
      risk: { ...NO_LIMITS, positionFraction: new Money('0.02') },
      stopLossPct: 3,
      takeProfitPct: 4,
      maxHoldBars: 24,
      paperEquity: new Money(CASH),
    });
  }

  static async open(options: MonthOptions): Promise<Month> {
    const clock = new SettableClock(1_000_000_000_000, 1, START_MS);
    const { folder, remove } = temporaryFolder();
    const { apiKey, secret } = ensureKeys(demoFolder(folder), { balances: { USDT: CASH } });
    const demo = new DemoExchange({
      ...{ dataDir: folder, start: START_MS, seed: 7, speed: 1, weightPerMinute: 1e9 },
      ...{ wall: clock.exchange, logger: SILENT_LOGGER },
    });
    const { baseUrl, venue: venueName } = await demo.start();
    const venue = new CcxtOrderVenue({
      ...{ exchangeId: 'demo', baseUrl, keys: { apiKey, secret }, clock },
      ...{ timeoutMs: 10_000, retry: { attempts: 1, initialDelayMs: 1 } },
    });
    await startPatiently(venue);
    const { stores, database } = await openTestDatabase({ clock });
    const closers = [() => venue.stop(), () => demo.stop(), () => database.close(), remove];
    return new Month({ options, clock, demo, venue, baseUrl, venueName, stores, closers });
  }

  async close(): Promise<void> {
    await this.#service?.stop();
    for (const closer of this.#closers) await closer();
  }

  async run(): Promise<MonthResult> {
    await this.#start();
    for (let hour = 0; hour < this.#options.days * 24; hour++) await this.#liveThrough(hour);
    await this.#sellEverything();
    return this.#result();
  }

  /** A candle has closed at the beginning: quotes and signals come some seconds later. */
  async #liveThrough(hour: number): Promise<void> {
    const event = this.#random();
    if (event < 0.02) return this.#outage();
    if (event < 0.04) await this.#restart();
    else if (event < 0.06) await this.#kill();
    else if (event < 0.08) this.#setClock();
    else if (event < 0.09) return this.#clock.jump(HOUR);
    await this.#clock.jump(5_000);
    await this.#quote();
    if (this.#random() < 0.2) this.#loseAnswer();
    for (const symbol of SYMBOLS) await this.#signal(symbol, hour);
    this.#demo.faults.clear();
    await this.#clock.jump(1_000);
    await this.#quote();
    // What had no answer is asked for.
    for (let second = 0; second < 4; second++) await this.#pass(1_000);
    for (let quarter = 1; quarter < 4; quarter++) {
      await this.#clock.jump(QUARTER);
      await this.#quote();
    }
    await this.#clock.jump(QUARTER - 10_000);
  }

  /** The exchange does not answer: no candles, no quotes, and none of the account's calls. */
  async #outage(): Promise<void> {
    this.#events.outages += 1;
    const effect = OUTAGES[Math.floor(this.#random() * OUTAGES.length)] ?? { kind: 'reset' };
    this.#demo.faults.add({ effect });
    for (let quarter = 0; quarter < 3; quarter++) await this.#pass(QUARTER);
    await this.#pass(QUARTER - 2 * LONGEST_PAUSE_MS);
    this.#demo.faults.clear();
    // Back in time for the next candle: until the account was read again, only paper buys.
    await this.#pass(LONGEST_PAUSE_MS);
    await this.#pass(LONGEST_PAUSE_MS);
  }

  async #pass(durationMs: number): Promise<void> {
    await this.#clock.jump(durationMs);
    await this.#service?.onQuotes([]).catch(() => undefined);
  }

  /** The next order arrives, and nobody hears of it. */
  #loseAnswer(): void {
    this.#events.lost += 1;
    const at = { path: ORDER_PATH, method: 'POST', count: 1, after: true } as const;
    this.#demo.faults.add({ ...at, effect: { kind: 'reset' } });
  }

  async #restart(): Promise<void> {
    this.#events.restarts += 1;
    await this.#service?.stop();
    await this.#start();
  }

  async #kill(): Promise<void> {
    this.#events.kills += 1;
    if (this.#process !== undefined) this.#process.isKilled = true;
    await this.#service?.stop().catch(() => undefined);
    await this.#start();
  }

  /** Up to five minutes either way. */
  #setClock(): void {
    this.#events.clockChanges += 1;
    this.#clock.set(Math.round((this.#random() - 0.5) * 600_000));
  }

  async #start(): Promise<void> {
    const clock = this.#clock;
    this.#process = new KillableProcess(this.#stores, this.#venue, undefined);
    const { venue, stores } = this.#process;
    const rules = this.#rules;
    const live = {
      ...{ maxSlippagePct: 0.2, exitSlippagePct: 2, unknownOrderMs: 60_000, trading: rules },
      areStopsAtExchange: this.#options.areStopsAtExchange ?? true,
    };
    const readEquity = (): Promise<Money> => Promise.resolve(new Money(CASH));
    const isLive = this.#options.mode === 'live';
    this.#service = new TradingService({
      rules,
      stores: { ...stores, accounts: this.#stores.accounts },
      createBroker: (tools) =>
        isLive
          ? new LiveBroker({ venue, rules: live, clock, logger: SILENT_LOGGER, ...tools })
          : new PaperBroker(rules),
      account: isLive ? { venue, reconcileEveryMs: HOUR, readEquity } : undefined,
      clock,
      logger: SILENT_LOGGER,
      holder: 'here',
      findInstrument: (symbol) => (SYMBOLS.includes(symbol) ? this.#instrument(symbol) : undefined),
    });
    await this.#service.start();
  }

  #instrument(symbol: string): Instrument {
    const { sizeStep, minCost } = this.#venue.rulesOf(symbol);
    const [base = '', quote = ''] = symbol.split('/');
    const rules = { sizeStep: sizeStep?.toString(), minCost: minCost?.toString() };
    return { symbol, marketId: base + quote, base, quote, ...rules };
  }

  async #quote(): Promise<void> {
    const asked = JSON.stringify(SYMBOLS.map((symbol) => symbol.replace('/', '')));
    const url = `${this.#baseUrl}/api/v3/ticker/bookTicker?symbols=${encodeURIComponent(asked)}`;
    const answer = (await (await fetch(url)).json()) as Record<string, string>[];
    const byId = new Map(answer.map((one) => [one['symbol'], one]));
    const quotes = SYMBOLS.map((symbol): Quote => {
      const { bidPrice: bid = '', askPrice: ask = '' } = byId.get(symbol.replace('/', '')) ?? {};
      const { venue } = this.#rules;
      return { venue, symbol, bid, ask, last: bid, venueTime: this.#clock.marketMs() };
    });
    await this.#service?.onQuotes(quotes).catch(() => undefined);
  }

  /** What a model says of the candle, decided by symbol and hour alone. */
  async #signal(symbol: string, hour: number): Promise<void> {
    const [byte = 0] = createHash('sha256')
      .update(`${this.#options.seed} ${symbol} ${hour}`)
      .digest();
    if (byte >= 100) return;
    const now = this.#clock.marketMs();
    const candleOpenTime = now - (now % HOUR) - HOUR;
    const { venue, timeframe } = this.#rules;
    const prediction = byte < 50 ? 'BUY' : 'SELL';
    const signal = buildSignal({
      ...{ venue, timeframe, symbol, prediction, candleOpenTime, signaledAt: now },
      uid: `signal-${symbol}-${hour}`,
    });
    await this.#service?.onSignal(signal, { horizonBars: 24 }).catch(() => undefined);
  }

  async #sellEverything(): Promise<void> {
    for (let round = 0; round < 5; round++) {
      await this.#clock.jump(5_000);
      await this.#quote();
      const order = { reason: 'the month is over', author: 'test', isCloseAll: true };
      await this.#service?.control.halt(order);
    }
    await this.#clock.jump(1_000);
    await this.#quote();
  }

  async #result(): Promise<MonthResult> {
    const filter = { venue: this.#rules.venue };
    const everything = { limit: 100_000, offset: 0 };
    const orders = (await this.#stores.orders.list(filter, everything)).rows.toReversed();
    const fills = (await this.#stores.fills.list(filter, everything)).rows.toReversed();
    const positions = (await this.#stores.positions.list(filter, everything)).rows.toReversed();
    const closed = positions.filter(({ status }) => status === 'closed');
    const points = (await this.#stores.equity.list(filter, everything)).rows;
    const equityBefore = (atMs: number): number =>
      Number(points.find(({ at }) => at < atMs)?.equity ?? CASH);
    return {
      orders: orders.map(inWords),
      fills: fills.map(inWords),
      trades: closed.map(({ symbol, openedAt, entryPrice, exitPrice, sizeBase, exitReason }) => ({
        ...{ symbol, openedAt, exitReason: exitReason ?? '', sizeBase: sizeBase.toNumber() },
        ...{ entryPrice: Number(entryPrice), exitPrice: Number(exitPrice) },
        sizeStep: Number(this.#venue.rulesOf(symbol).sizeStep),
        equity: equityBefore(openedAt),
      })),
      events: this.#events,
      differences: this.#options.mode === 'live' ? await this.#differences() : [],
    };
  }

  /** Every trade of the account is in the books once, and the account has the coins and the cash of the books. */
  async #differences(): Promise<readonly string[]> {
    const found: string[] = [];
    const booked = await this.#stores.fills.list(
      { venue: this.#rules.venue },
      { limit: 100_000, offset: 0 },
    );
    const ids = new Set(booked.rows.map(({ symbol, venueTradeId }) => `${symbol} ${venueTradeId}`));
    if (ids.size !== booked.rows.length) found.push('a trade is booked twice');
    for (const symbol of SYMBOLS) {
      for (const { venueTradeId } of await this.#venue.fillsSince(symbol, START_MS)) {
        if (!ids.delete(`${symbol} ${venueTradeId}`))
          found.push(`${symbol} ${venueTradeId} is not booked`);
      }
    }
    for (const id of ids) found.push(`${id} was never traded`);
    const { free, used } = (await this.#venue.balances()).get('USDT') ?? { free: '', used: '' };
    const cash = this.#service?.status().books?.cash;
    if (cash?.eq(new Money(free).plus(used)) !== true) {
      found.push(`the account has ${free.toString()} USDT, the books ${String(cash)}`);
    }
    const { orders } = await this.#venue.openOrders();
    for (const { symbol, kind } of orders) found.push(`a ${kind} of ${symbol} is left`);
    return found;
  }
}

/** Names that each run makes up for itself. */
const OWN_NAMES = new Set(['uid', 'clientOrderId', 'positionUid', 'orderUid']);

/** An order's own id in a text. */
const OWN_ID = /\be[a-z0-9]{17}\b/g;

function inWords(row: object): string {
  const kept = Object.entries(row).filter(([name]) => !OWN_NAMES.has(name));
  return JSON.stringify(Object.fromEntries(kept)).replaceAll(OWN_ID, 'its id');
}
