import fc from 'fast-check';
import { afterEach, expect, it } from 'vitest';
import { Money } from '../../src/domain/money.js';
import type { Direction } from '../../src/domain/signal.js';
import type { TradingService } from '../../src/trading/service/trading-service.js';
import { clientOrderId } from '../../src/domain/client-order-id.js';
import { forEachEngine } from '../database.js';
import { HOUR } from './build-trading.js';
import { NO_LIMITS } from './risk-limits.js';
import { TradingWorld } from './trading-world.js';

const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'] as const;

/** Thousands of transactions, on a machine that may be busy. */
const TIMEOUT_MS = 240_000;

const symbol = fc.constantFrom(...SYMBOLS);

// From crashes to leaps, in tenths of a percent of the last price.
const change = fc.integer({ min: -60, max: 65 });

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('quotes' as const),
      changesPermille: fc.tuple(change, change, change),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      kind: fc.constant('signal' as const),
      symbol,
      prediction: fc.constantFrom<Direction>('BUY', 'BUY', 'SELL', 'HOLD'),
      modelUid: fc.constantFrom('model-1', 'model-2'),
      confidence: fc.constantFrom(39, 41, 60),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('candle' as const),
      symbol,
      lowPermille: fc.integer({ min: 850, max: 1_000 }),
      highPermille: fc.integer({ min: 1_000, max: 1_150 }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('bar' as const) }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('restart' as const) }) },
);

type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Plays random steps and keeps the last price of each symbol. */
class Play {
  readonly #prices = new Map<string, Money>(
    SYMBOLS.map((name, at) => [name, new Money('100.07').div(10 ** at)]),
  );

  readonly world: TradingWorld;
  #service: TradingService;

  private constructor(world: TradingWorld, service: TradingService) {
    this.world = world;
    this.#service = service;
  }

  static async begin(world: TradingWorld): Promise<Play> {
    return new Play(world, await world.start());
  }

  async take(next: Step): Promise<void> {
    await this.world.forward(36_000);
    switch (next.kind) {
      case 'quotes':
        return this.#quotes(next.changesPermille);
      case 'signal':
        await this.#service.onSignal(this.world.signal(next), { horizonBars: 2 });
        return;
      case 'candle':
        return this.#candle(next);
      case 'bar':
        return this.world.forward(HOUR - 36_000);
      case 'restart':
        await this.#service.stop();
        this.#service = await this.world.start();
    }
  }

  #priceOf(name: string): Money {
    return this.#prices.get(name) ?? new Money(1);
  }

  async #quotes(changesPermille: readonly number[]): Promise<void> {
    const quotes = [];
    for (const [at, name] of SYMBOLS.entries()) {
      const factor = new Money(changesPermille[at] ?? 0).div(1_000).plus(1);
      const price = this.#priceOf(name).times(factor).toSignificantDigits(7);
      this.#prices.set(name, price);
      quotes.push(await this.world.quote(price.toString(), name));
    }
    await this.#service.onQuotes(quotes);
  }

  async #candle(next: Extract<Step, { kind: 'candle' }>): Promise<void> {
    const { venue, timeframe } = this.world.rules;
    const key = { venue, symbol: next.symbol, timeframe, marketId: next.symbol };
    const series = await this.world.stores.series.ensure(key);
    const open = this.#priceOf(next.symbol).toNumber();
    const low = (open * next.lowPermille) / 1_000;
    const high = (open * next.highPermille) / 1_000;
    const openTime = this.world.signal().candleOpenTime;
    await this.#service.onClosedCandles(series, [
      { openTime, open, high, low, close: open, volume: 1 },
    ]);
  }

  async check(): Promise<void> {
    const world = this.world;
    const { positions, orders, fills, decisions } = await world.read();
    const alive = positions.filter(({ status }) => /^(opening|open|closing)$/.test(status));
    expect(new Set(alive.map((one) => one.symbol)).size).toBe(alive.length);
    const cash = await world.cashByFills();
    expect(cash.isNegative()).toBe(false);
    const { books } = this.#service.status();
    expect(books?.cash.toString()).toBe(cash.toString());
    expect(books?.equity.toString()).toBe(books?.cash.plus(books.positionsValue).toString());
    const filled = orders.filter((order) => order.status === 'filled').map((order) => order.uid);
    expect(fills.map((fill) => fill.orderUid).toSorted()).toEqual(filled.toSorted());
    const acting = decisions.filter(({ action }) => action === 'open' || action === 'close');
    const ids = orders.map((order) => order.clientOrderId);
    for (const { uid } of acting) expect(ids).toContain(clientOrderId(uid));
    const candles = acting.map((one) => `${one.symbol} ${one.candleOpenTime}`);
    expect(new Set(candles).size).toBe(candles.length);
    const closed = positions.filter(({ status }) => status === 'closed');
    if (alive.every((one) => one.entryPrice === undefined)) {
      const profit = closed.reduce((sum, one) => sum.plus(one.realizedPnl ?? NaN), new Money(0));
      expect(world.rules.paperEquity.plus(profit).toString()).toBe(cash.toString());
    }
  }
}

forEachEngine((engine) => {
  const worlds: TradingWorld[] = [];

  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.stop();
  });

  it(
    'keeps one position a symbol, cash above zero, and books that equal the fills',
    { timeout: TIMEOUT_MS },
    async () => {
      const { stores } = await engine.open();
      let fillCount = 0;
      let run = 0;
      await fc.assert(
        fc.asyncProperty(
          fc.noBias(fc.array(step, { minLength: 40, maxLength: 100, size: 'max' })),
          fc.constantFrom('0.1', '0.5', '1'),
          async (steps, fraction) => {
            const venue = `random-${++run}`;
            const positionFraction = new Money(fraction);
            const risk = { ...NO_LIMITS, positionFraction };
            const rules = { venue, risk, takeProfitPct: 4, stopLossPct: 3 };
            const world = new TradingWorld(stores, rules);
            worlds.push(world);
            const play = await Play.begin(world);
            await play.take({ kind: 'quotes', changesPermille: [0, 0, 0] });
            for (const [at, next] of steps.entries()) {
              await play.take(next);
              if (at % 4 === 0) await play.check();
            }
            await play.check();
            fillCount += (await world.read()).fills.length;
            await world.stop();
          },
        ),
        { numRuns: engine.name === 'sqlite' ? 25 : 8, seed: 20_261_121 },
      );
      // A property over books in which nothing happens would hold for the wrong reason.
      expect(fillCount / run).toBeGreaterThan(2);
    },
  );
});
