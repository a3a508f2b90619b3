import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { MemoryStores } from '../../src/backtest/engine/memory-stores.js';
import { SteppedClock } from '../../src/backtest/engine/stepped-clock.js';
import type { Halt } from '../../src/domain/halt.js';
import { Money } from '../../src/domain/money.js';
import type { Position } from '../../src/domain/trade.js';
import type { Random } from '../../src/lib/seeded-random.js';
import { EquityMarks } from '../../src/risk/equity-marks.js';
import type { RiskLimits } from '../../src/risk/risk-limits.js';
import { Books } from '../../src/trading/books/books.js';
import { guardByQuotes } from '../../src/trading/exits/guard-positions.js';
import { HaltBoard } from '../../src/trading/halts/halt-board.js';
import { Ledger } from '../../src/trading/books/ledger.js';
import { PaperBroker } from '../../src/trading/broker/paper-broker.js';
import { QuoteBoard } from '../../src/trading/books/quote-board.js';
import { createClosedTrades } from '../../src/trading/parts/recall-risk.js';
import { settleUnsettled } from '../../src/trading/recovery/reconcile.js';
import { tick } from '../../src/trading/tick/tick.js';
import type { TradingParts } from '../../src/trading/parts/trading-parts.js';
import { watchEquity } from '../../src/trading/service/watch-equity.js';
import {
  BAR,
  buildFallback,
  buildInstrument,
  buildRules,
  buildSignal,
  HOUR,
} from './build-trading.js';

const SYMBOLS = ['A/USDT', 'B/USDT', 'C/USDT'];
const KEY = { venue: 'test', account: 'paper' };
const EQUITY = new Money(10_000);
const DAY = 24 * HOUR;
const HORIZON_BARS = 3;

/** What a model says of the next bars: log return and its variance. */
interface Expectation {
  readonly expectedMove: number;
  readonly moveVariance: number | undefined;
}

function pickOf<T>(random: Random, values: readonly T[]): T {
  return values[Math.floor(random() * values.length)] as T;
}

/** Limits at random, each of them off now and then. */
export function randomLimits(random: Random): RiskLimits {
  const pick = <T>(...values: readonly T[]): T => pickOf(random, values);
  return {
    positionSizing: pick('fraction', 'volatility', 'kelly'),
    positionFraction: new Money(pick('0.05', '0.3', '0.9', '1')),
    volatilityTargetPct: pick(0, 0.5, 2),
    kellyFraction: pick(0, 0.02, 0.25),
    maxOpenPositions: pick(0, 1, 2),
    maxExposurePct: pick(0, 10, 50, 80),
    capital: pick(undefined, new Money(700), new Money(4_000)),
    cooldownBars: pick(0, 1, 3),
    stopCooldownBars: pick(0, 1, 4),
    stopGuard: pick(undefined, { limit: 1, bars: 3 }, { limit: 2, bars: 6 }),
    losingSymbol: pick(undefined, { limit: -2, bars: 5 }, { limit: -8, bars: 9 }),
    dailyLossPct: pick(0, 1, 4),
    maxDrawdownPct: pick(0, 2, 10),
  };
}

/**
 * Books under limits in a market that jumps, and what a judge remembers of it apart from the code under test: every
 * purchase is compared with every limit.
 */
export class LimitedBooks {
  readonly broken: string[] = [];
  entries = 0;
  readonly #limits: RiskLimits;
  readonly #random: Random;
  readonly #clock = new SteppedClock();
  readonly #quotes = new QuoteBoard();
  readonly #halts = new HaltBoard();
  readonly #stores = new MemoryStores(() => undefined);
  readonly #parts: TradingParts;
  /** Of a day, as it would be measured; undefined for too few candles. */
  readonly #volatilities = new Map<string, number | undefined>();
  readonly #prices = new Map(SYMBOLS.map((symbol) => [symbol, 100]));
  readonly #exits: { symbol: string; at: number; isStop: boolean; pct: number }[] = [];
  readonly #seen = new Set<string>();
  #peak = EQUITY;
  #day = { number: NaN, first: EQUITY };
  #isHaltedByHand = false;
  #isHaltedByLoss = false;
  #pausedUntil = 0;
  #now = BAR + HOUR;

  constructor(limits: RiskLimits, random: Random) {
    this.#limits = limits;
    this.#random = random;
    const fixed = { stopLossPct: 2, maxHoldBars: 3, allowFallbackExecution: true } as const;
    const rules = buildRules({ risk: limits, ...fixed });
    const stores = this.#stores.asTradingStores();
    let names = 0;
    this.#parts = {
      rules,
      stores,
      ledger: new Ledger(stores, { assertHeld: async () => undefined }),
      books: new Books(KEY, EQUITY, new Money(0)),
      quotes: this.#quotes,
      broker: new PaperBroker(rules),
      clock: this.#clock,
      newUid: () => `u${(names += 1)}`,
      logger: SILENT_LOGGER,
      findInstrument: (symbol) => buildInstrument(symbol),
      closedTrades: createClosedTrades(rules),
      equityMarks: new EquityMarks({}),
      halts: this.#halts,
      refreshHalts: async () => undefined,
      findVolatility: async (symbol) => this.#volatilities.get(symbol),
      said: new Set(),
      findEntryFreeze: () => this.#halts.findFreeze(this.#clock.marketMs()),
    };
  }

  /** One bar: prices jump, fills and exits happen, a person may halt or resume, signals are decided on. */
  async step(): Promise<void> {
    this.#now += HOUR;
    this.#clock.moveTo(this.#now);
    this.#haltOrResume();
    this.#jump(this.#now + 1);
    await settleUnsettled(this.#parts);
    await guardByQuotes(this.#parts);
    this.#noteExits();
    await this.#value();
    for (const symbol of SYMBOLS) if (this.#random() < 0.6) await this.#decide(symbol);
    // A halt may come between a decision and its fill.
    if (this.#random() < 0.1) this.#haltByHand();
    const bought = this.#countBought();
    this.#jump(this.#now + 1_000);
    await settleUnsettled(this.#parts);
    if (this.#isHaltedByHand && this.#countBought() > bought) this.broken.push('a fill in a halt');
    this.#noteExits();
    if (this.#parts.books.cash.lt(0)) this.broken.push('cash is below zero');
  }

  #jump(at: number): void {
    this.#clock.moveTo(at);
    const quotes = SYMBOLS.map((symbol) => {
      const before = this.#prices.get(symbol) ?? NaN;
      const price = Number((before * (1 + 0.08 * (this.#random() - 0.5))).toFixed(2));
      this.#prices.set(symbol, price);
      return {
        venue: 'test',
        symbol,
        bid: String(price),
        ask: (price * 1.001).toFixed(2),
        last: '1',
        venueTime: at,
      };
    });
    this.#quotes.update(quotes);
  }

  #haltOrResume(): void {
    const chance = this.#random();
    if (chance < 0.08) {
      this.#haltByHand();
    } else if (chance < 0.2) {
      this.#halts.show([]);
      this.#parts.equityMarks.reset();
      this.#isHaltedByHand = this.#isHaltedByLoss = false;
      this.#pausedUntil = 0;
      this.#peak = new Money(0);
      this.#day = { number: NaN, first: EQUITY };
    }
  }

  #haltByHand(): void {
    this.#halts.add(personsHalt(this.#now));
    this.#isHaltedByHand = true;
  }

  #countBought(): number {
    return this.#stores.fills.filter(({ side }) => side === 'buy').length;
  }

  /** The judge's own value of the books: cash and what is held, at the bid. */
  #equity(): Money {
    let value = this.#parts.books.cash;
    for (const { symbol, entryPrice, sizeBase } of this.#stores.open) {
      if (entryPrice !== undefined) value = value.plus(sizeBase.times(this.#bid(symbol)));
    }
    return value;
  }

  async #value(): Promise<void> {
    const { books, equityMarks } = this.#parts;
    const point = books.valueAt(this.#clock.marketMs(), [...this.#stores.open], this.#quotes);
    equityMarks.note(point);
    await watchEquity(this.#parts, point);
    const equity = this.#equity();
    this.#peak = Money.max(this.#peak, equity);
    const number = Math.floor(this.#now / DAY);
    if (number !== this.#day.number) this.#day = { number, first: equity };
    const { dailyLossPct, maxDrawdownPct } = this.#limits;
    const lost = (from: Money): number => from.minus(equity).div(from).times(100).toNumber();
    if (maxDrawdownPct > 0 && lost(this.#peak) >= maxDrawdownPct) this.#isHaltedByLoss = true;
    if (dailyLossPct > 0 && lost(this.#day.first) >= dailyLossPct) {
      this.#pausedUntil = (number + 1) * DAY;
    }
  }

  async #decide(symbol: string): Promise<void> {
    const random = this.#random;
    const asked = {
      uid: `${symbol}${this.#now}`,
      symbol,
      candleOpenTime: this.#now - HOUR,
      close: this.#prices.get(symbol) ?? NaN,
      prediction: random() < 0.8 ? 'BUY' : 'SELL',
    } as const;
    this.#volatilities.set(symbol, pickOf(random, [undefined, 0.004, 0.03, 0.2, 0.2]));
    const expectedMove = pickOf(random, [0.004, 0.05]);
    const moveVariance = pickOf(random, [undefined, 0, 1e-5, 0.02]);
    const isFallback = random() < 0.1;
    const signal = isFallback ? buildFallback(asked) : buildSignal({ ...asked, expectedMove });
    const { action } = await tick(this.#parts, signal, { horizonBars: HORIZON_BARS, moveVariance });
    if (action !== 'open') return;
    this.#judge(symbol);
    this.#judgeSize(symbol, isFallback ? undefined : { expectedMove, moveVariance });
  }

  /** Sizes by volatility and Kelly, worked out once more in doubles. */
  #judgeSize(symbol: string, model: Expectation | undefined): void {
    const { positionSizing, volatilityTargetPct: target, kellyFraction } = this.#limits;
    const own = [...this.#stores.open].find((one) => one.symbol === symbol);
    const [bid, ask] = [Number(this.#bid(symbol)), Number(this.#quotes.find(symbol)?.ask)];
    const share = (Number(own?.sizeBase) * ask) / this.#equity().toNumber();
    const volatility = this.#volatilities.get(symbol) ?? NaN;
    const check = (most: number, name: string): void => {
      // NaN, where the entry stands on something that is not known, is broken as well.
      if (!(share <= most * (1 + 1e-9))) this.broken.push(`${name}: ${share} above ${most}`);
    };
    if (positionSizing === 'volatility' && target > 0) {
      check(target / 100 / volatility, 'VOLATILITY_TARGET_PCT');
    }
    if (positionSizing !== 'kelly' || kellyFraction === 0) return;
    const variance = Math.max(model?.moveVariance ?? 0, volatility ** 2 * (HORIZON_BARS / 24));
    const costs = (2 * (ask - bid)) / (ask + bid) + 0.002;
    check((kellyFraction * ((model?.expectedMove ?? NaN) - costs)) / variance, 'KELLY_FRACTION');
  }

  /** Every limit once more, from what the judge itself remembers. */
  #judge(symbol: string): void {
    this.entries += 1;
    const limits = this.#limits;
    const held = [...this.#stores.open];
    const own = held.find((one) => one.symbol === symbol);
    const equity = this.#equity();
    const isAbove = (amount: Money, limit: Money): boolean =>
      amount.gt(limit.times('1.000000000001'));
    const sum = (of: (position: Position) => Money): Money =>
      held.reduce((total, one) => total.plus(of(one)), new Money(0));
    const cost = (one: Position): Money =>
      one.sizeBase.times(one.entryPrice ?? this.#quotes.find(one.symbol)?.ask ?? NaN);
    const value = (one: Position): Money =>
      one.entryPrice === undefined ? cost(one) : one.sizeBase.times(this.#bid(one.symbol));
    const check = (isBroken: boolean, name: string): void => {
      if (isBroken) this.broken.push(`${name} at bar ${(this.#now - BAR) / HOUR}`);
    };
    const { maxOpenPositions: most, maxExposurePct: percent, capital, positionFraction } = limits;
    check(held.filter((one) => one.symbol === symbol).length !== 1, 'one position a symbol');
    check(most > 0 && held.length > most, 'MAX_OPEN_POSITIONS');
    check(percent > 0 && isAbove(sum(value), equity.times(percent).div(100)), 'MAX_EXPOSURE_PCT');
    check(capital !== undefined && isAbove(sum(cost), capital), 'CAPITAL');
    check(
      own === undefined || isAbove(cost(own), equity.times(positionFraction)),
      'POSITION_FRACTION',
    );
    check(this.#isHaltedByHand, 'a halt');
    check(this.#isHaltedByLoss, 'MAX_DRAWDOWN_PCT');
    check(this.#now < this.#pausedUntil, 'DAILY_LOSS_PCT');
    this.#judgePauses(symbol, check);
  }

  #judgePauses(symbol: string, check: (isBroken: boolean, name: string) => void): void {
    const { cooldownBars, stopCooldownBars, stopGuard, losingSymbol } = this.#limits;
    const isWithin = (at: number, bars: number): boolean =>
      bars > 0 && this.#now <= at + bars * HOUR;
    const own = this.#exits.filter((one) => one.symbol === symbol);
    const stops = this.#exits.filter(({ isStop }) => isStop);
    check(
      own.some(({ at }) => isWithin(at, cooldownBars)),
      'COOLDOWN_BARS',
    );
    check(
      own.some(({ at, isStop }) => isStop && isWithin(at, stopCooldownBars)),
      'STOP_COOLDOWN_BARS',
    );
    if (stopGuard !== undefined) {
      const { limit, bars } = stopGuard;
      const isReached = stops.some(({ at }) => {
        const near = stops.filter((one) => one.at <= at && at - one.at < bars * HOUR);
        return near.length >= limit && isWithin(at, bars);
      });
      check(isReached, 'STOP_GUARD');
    }
    if (losingSymbol === undefined) return;
    const isLosing = own.some(({ at }, last) => {
      const near = own.filter((one, k) => k <= last && at - one.at < losingSymbol.bars * HOUR);
      const total = near.reduce((all, { pct }) => all + pct, 0);
      return isWithin(at, losingSymbol.bars) && total <= losingSymbol.limit - 1e-9;
    });
    check(isLosing, 'LOSING_SYMBOL');
  }

  #noteExits(): void {
    for (const position of this.#stores.positions) {
      const { uid, symbol, status, closedAt, exitReason, entryPrice, exitPrice } = position;
      if (status !== 'closed' || this.#seen.has(uid)) continue;
      this.#seen.add(uid);
      const [paid, got] = [Number(entryPrice), Number(exitPrice)];
      const pct = 100 * ((got * 0.999 - paid * 1.001) / paid);
      this.#exits.push({ symbol, at: closedAt ?? NaN, isStop: exitReason === 'stop_loss', pct });
    }
  }

  #bid(symbol: string): string {
    return this.#quotes.find(symbol)?.bid ?? 'NaN';
  }
}

function personsHalt(haltedAt: number): Halt {
  return {
    ...KEY,
    ...{ uid: `h${haltedAt}`, cause: 'person', reason: 'by hand', author: 'test', haltedAt },
    ...{ until: undefined, isCloseAll: false, resumedAt: undefined, resumedBy: undefined },
  };
}
