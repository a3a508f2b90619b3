import type { Instrument, Quote } from '../../src/domain/market.js';
import { Money } from '../../src/domain/money.js';
import type { Signal } from '../../src/domain/signal.js';
import type { Decision } from '../../src/domain/decision.js';
import type { Fill, Order } from '../../src/domain/trade.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import type { PositionStore } from '../../src/storage/stores/position-store.js';
import type { Stores } from '../../src/storage/stores.js';
import { PaperBroker } from '../../src/trading/broker/paper-broker.js';
import { TradingService } from '../../src/trading/service/trading-service.js';
import type { TradingRules } from '../../src/trading/trading-rules.js';
import type { TradingStores } from '../../src/trading/trading-stores.js';
import { RecordingLogger } from '../exchange/recording-logger.js';
import { buildInstrument, buildRules, buildSignal, CLOSE } from './build-trading.js';

const EVERYTHING = { limit: 10_000, offset: 0 };
/** Market time runs so much faster that a bar takes a second of the lease. */
const SPEED = 3_600;

export type StoredPositions = Awaited<ReturnType<PositionStore['list']>>['rows'];

/** A market that stands still until a test moves it, and what is stored about trading on it. */
export class TradingWorld {
  readonly clock = new ManualClock(CLOSE, SPEED);
  readonly logger = new RecordingLogger();
  readonly rules: TradingRules;
  readonly instruments = new Map<string, Instrument>(
    ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'].map((symbol) => [symbol, buildInstrument(symbol)]),
  );
  entryFreeze: string | undefined;
  readonly #services: TradingService[] = [];

  readonly stores: Stores;

  constructor(stores: Stores, rules: Partial<TradingRules> = {}) {
    this.stores = stores;
    this.rules = buildRules(rules);
  }

  /** A process that trades here; its stores may be made to fail. */
  async start(
    options: {
      stores?: TradingStores;
      holder?: string;
      unpricedAfterMs?: number;
      haltFile?: string;
    } = {},
  ): Promise<TradingService> {
    const { unpricedAfterMs = 180_000 } = options;
    const service = new TradingService({
      rules: this.rules,
      stores: { ...(options.stores ?? this.stores), accounts: this.stores.accounts },
      createBroker: () => new PaperBroker(this.rules),
      clock: this.clock,
      logger: this.logger,
      holder: options.holder ?? 'here',
      findInstrument: (symbol) => this.instruments.get(symbol),
      findEntryFreeze: () => this.entryFreeze,
      unpricedAfterMs,
      haltFile: options.haltFile,
    });
    this.#services.push(service);
    await service.start();
    return service;
  }

  async stop(): Promise<void> {
    for (const service of this.#services.splice(0)) await service.stop();
  }

  async forward(marketMs: number): Promise<void> {
    await this.clock.advance(marketMs / SPEED);
  }

  /** A signal of the candle that closed last. */
  signal(changes: Parameters<typeof buildSignal>[0] = {}): Signal {
    const { venue } = this.rules;
    const now = this.clock.marketMs();
    const candleOpenTime = now - (now % 3_600_000) - 3_600_000;
    return buildSignal({ venue, candleOpenTime, signaledAt: now, ...changes });
  }

  /** Stores a quote as the collector does. The ask is a hundredth of a percent above the bid. */
  async quote(bid: number | string, symbol = 'BTC/USDT'): Promise<Quote> {
    const quote = {
      venue: this.rules.venue,
      symbol,
      bid: new Money(bid).toFixed(),
      ask: new Money(bid).times('1.0001').toFixed(),
      last: new Money(bid).toFixed(),
      venueTime: this.clock.marketMs(),
    };
    await this.stores.prices.insert([quote]);
    return quote;
  }

  /** Rows of this venue, oldest first. */
  async read(): Promise<{
    decisions: readonly Decision[];
    positions: StoredPositions;
    orders: readonly Order[];
    fills: readonly Fill[];
  }> {
    const filter = { venue: this.rules.venue };
    const decisions = await this.stores.decisions.list(filter, EVERYTHING);
    const positions = await this.stores.positions.list(filter, EVERYTHING);
    const orders = await this.stores.orders.list(filter, EVERYTHING);
    const fills = await this.stores.fills.list(filter, EVERYTHING);
    return {
      decisions: decisions.rows.toReversed(),
      positions: positions.rows.toReversed(),
      orders: orders.rows.toReversed(),
      fills: fills.rows.toReversed(),
    };
  }

  /** Initial equity plus the stored fills, added up apart from the code under test. */
  async cashByFills(): Promise<Money> {
    const { fills } = await this.read();
    return fills.reduce((cash, { side, price, sizeBase, feeQuote }) => {
      const value = price.times(sizeBase);
      return cash.plus(side === 'sell' ? value : value.times(-1)).minus(feeQuote);
    }, this.rules.paperEquity);
  }
}
