import { BarState } from '../../domain/candle-columns.js';
import type { Instrument } from '../../domain/market.js';
import { barOpenTime, closeTimeOf } from '../../domain/timeframe.js';
import type { Logger } from '../../lib/logger.js';
import { Books } from '../../trading/books/books.js';
import {
  guardByCandles,
  guardByQuotes,
  isCandleOfInterest,
  isQuoteOfInterest,
} from '../../trading/exits/guard-positions.js';
import { Ledger } from '../../trading/books/ledger.js';
import { settleUnsettled } from '../../trading/recovery/reconcile.js';
import { EquityMarks } from '../../risk/equity-marks.js';
import { HaltBoard } from '../../trading/halts/halt-board.js';
import { createClosedTrades } from '../../trading/parts/recall-risk.js';
import { watchEquity } from '../../trading/service/watch-equity.js';
import type { SignalContext } from '../../trading/signal-context.js';
import { decideQuietly, tick, type QuietDecision } from '../../trading/tick/tick.js';
import type { Signal } from '../../domain/signal.js';
import type { Position } from '../../domain/trade.js';
import { bookKeyOf, type TradingParts } from '../../trading/parts/trading-parts.js';
import type { TradingRules } from '../../trading/trading-rules.js';
import { Money } from '../../domain/money.js';
import { spanOfAll } from '../history/choose-span.js';
import type { EquityCurve } from '../figures/equity-curve.js';
import type { BarSpan, MarketHistory, SymbolHistory } from '../history/market-history.js';
import { BacktestBroker, type FillModel } from './backtest-broker.js';
import { BarPrices } from './bar-prices.js';
import { DecisionLog } from './decision-log.js';
import { MemoryStores } from './memory-stores.js';
import type { SignalSource } from './signal-source.js';
import { SteppedClock } from './stepped-clock.js';

export interface EngineOptions {
  readonly history: MarketHistory;
  readonly span: BarSpan;
  readonly signals: SignalSource;
  readonly rules: TradingRules;
  readonly fills: FillModel;
  /** Where none was quoted. */
  readonly spreadPct: number;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  /** Told after each bar, with the share of the span that is done, 0 to 1. */
  readonly onProgress?: ((share: number) => void) | undefined;
}

/** What a run leaves: its books, its verdicts and the value of the books at the close of each bar. */
export interface EngineResult {
  readonly stores: MemoryStores;
  readonly decisions: DecisionLog;
  readonly prices: BarPrices;
  readonly equity: EquityCurve;
  /** Part of the equity that was invested at the close of each bar. */
  readonly exposure: readonly number[];
  /** Number of the bar in which an order was filled to its end. */
  readonly barOf: (orderUid: string) => number | undefined;
  readonly endedEarly: boolean;
}

/** How often a run looks up: progress and stopping cost nothing this way. */
const BARS_BETWEEN_LOOKS = 200;

/**
 * Runs the tick that trades over stored bars. For each bar of the grid, in this order: stops and targets are compared
 * with the bar that closed; each symbol's signal is decided on, symbols in their given order; the next bar opens, and
 * what was decided is filled at its open; stops and holding times are compared with that open.
 */
export async function runEngine(options: EngineOptions): Promise<EngineResult> {
  const run = new Run(options);
  return run.toEnd();
}

class Run {
  readonly #options: EngineOptions;
  readonly #clock = new SteppedClock();
  readonly #decisions: DecisionLog;
  readonly #stores = new MemoryStores((decision) => this.#decisions.add(decision));
  readonly #prices: BarPrices;
  readonly #broker: BacktestBroker;
  readonly #halts = new HaltBoard();
  readonly #parts: TradingParts;
  readonly #at: number[] = [];
  readonly #equity: number[] = [];
  readonly #exposure: number[] = [];

  constructor(options: EngineOptions) {
    this.#options = options;
    const { history, rules, fills, spreadPct, logger } = options;
    const instruments = new Map(
      history.symbols.map(({ instrument }): [string, Instrument] => [
        instrument.symbol,
        instrument,
      ]),
    );
    const findInstrument = (symbol: string): Instrument | undefined => instruments.get(symbol);
    this.#decisions = new DecisionLog(barsIn(history, options.span));
    this.#prices = new BarPrices(history, spreadPct);
    this.#broker = new BacktestBroker(fills, findInstrument);
    const stores = this.#stores.asTradingStores();
    let names = 0;
    this.#parts = {
      rules,
      stores,
      ledger: new Ledger(stores, { assertHeld: async () => undefined }),
      books: new Books(bookKeyOf(rules), rules.paperEquity, new Money(0)),
      quotes: this.#prices,
      broker: this.#broker,
      clock: this.#clock,
      newUid: () => `b${(names += 1).toString(36)}`,
      logger,
      findInstrument,
      closedTrades: createClosedTrades(rules),
      equityMarks: new EquityMarks({}),
      halts: this.#halts,
      refreshHalts: async () => undefined,
      findVolatility: async (symbol) => this.#prices.findVolatility(symbol),
      said: new Set(),
      findEntryFreeze: () => this.#halts.findFreeze(this.#clock.marketMs()),
    };
  }

  async toEnd(): Promise<EngineResult> {
    const { span, signal, onProgress } = this.#options;
    let index = span.firstIndex;
    for (; index <= span.lastIndex; index++) {
      const done = index - span.firstIndex;
      if (done % BARS_BETWEEN_LOOKS === 0) {
        if (signal.aborted) break;
        onProgress?.(done / (span.lastIndex - span.firstIndex + 1));
        await new Promise((resolve) => setImmediate(resolve));
      }
      await this.#closeBar(index);
      if (index < span.lastIndex) await this.#openBar(index + 1);
    }
    return {
      stores: this.#stores,
      decisions: this.#decisions,
      prices: this.#prices,
      equity: { at: this.#at, equity: this.#equity },
      exposure: this.#exposure,
      barOf: (orderUid) => this.#broker.barOf(orderUid),
      endedEarly: index <= span.lastIndex,
    };
  }

  async #closeBar(index: number): Promise<void> {
    const { timeframe } = this.#options.history;
    const openTime = barOpenTime(index, timeframe);
    const closeTime = closeTimeOf(openTime, timeframe);
    this.#clock.moveTo(closeTime);
    this.#prices.showClose(index);
    // Stops and targets are met inside the bar and share its volume.
    this.#showBar(index, closeTime);
    for (const held of this.#stores.open) {
      const { symbol } = held;
      const bar = this.#prices.findBar(symbol, index);
      if (bar === undefined || !isCandleOfInterest(this.#parts, held, bar)) continue;
      await guardByCandles(this.#parts, { symbol, timeframe }, [bar]);
    }
    this.#broker.showBar(undefined);
    await this.#watchEquity(closeTime);
    await this.#decide(index, openTime);
    this.#value(closeTime);
  }

  /** Losses are compared with their limits once a bar, before anything is decided on it. */
  async #watchEquity(atMs: number): Promise<void> {
    const { books, equityMarks } = this.#parts;
    const point = books.valueAt(atMs, this.#stores.open, this.#prices);
    equityMarks.note(point);
    await watchEquity(this.#parts, point);
  }

  async #decide(index: number, openTime: number): Promise<void> {
    const { history, signals } = this.#options;
    const { symbols } = history;
    for (let symbolAt = 0; symbolAt < symbols.length; symbolAt++) {
      const { columns } = symbols[symbolAt] as SymbolHistory;
      const at = index - columns.firstIndex;
      if (at < 0 || at >= columns.length || columns.state[at] !== BarState.stored) continue;
      const signal = signals.signalAt(symbolAt, at, openTime);
      const context = signals.contextOf(signal);
      const quiet = this.#decideQuietly(signal, context);
      if (quiet === undefined) {
        this.#decisions.expect(signal);
        await tick(this.#parts, signal, context);
      } else {
        this.#stores.noteDecided(signal, quiet.changed);
        this.#decisions.addVerdict(signal, quiet.verdict);
      }
    }
  }

  /** On nearly every bar nothing is bought or sold, and to store a decision takes longer than to make it. */
  #decideQuietly(signal: Signal, context: SignalContext): QuietDecision | undefined {
    const facts = this.#stores.factsOf(signal);
    return facts === undefined ? undefined : decideQuietly(this.#parts, { signal, context, facts });
  }

  async #openBar(index: number): Promise<void> {
    const openTime = barOpenTime(index, this.#options.history.timeframe);
    this.#clock.moveTo(openTime);
    this.#prices.showOpen(index);
    this.#showBar(index, openTime);
    if (this.#stores.hasUnsettled()) await settleUnsettled(this.#parts);
    const quoted = this.#stores.open.filter((held) => this.#isOpenOfInterest(held, index));
    if (quoted.length > 0) {
      await guardByQuotes(this.#parts, new Set(quoted.map(({ symbol }) => symbol)));
    }
    this.#broker.showBar(undefined);
  }

  #isOpenOfInterest(held: Position, index: number): boolean {
    if (this.#prices.findBar(held.symbol, index) === undefined) return false;
    const quote = this.#prices.find(held.symbol);
    return quote !== undefined && isQuoteOfInterest(this.#parts, held, quote);
  }

  #showBar(index: number, at: number): void {
    const volumeOf = (symbol: string): number | undefined =>
      this.#prices.findBar(symbol, index)?.volume;
    this.#broker.showBar({ index, at, volumeOf });
  }

  /** In doubles: the curve is a measurement, the books behind it stay exact. */
  #value(atMs: number): void {
    let held = 0;
    for (const { symbol, entryPrice, sizeBase } of this.#stores.open) {
      if (entryPrice === undefined) continue;
      held += sizeBase.toNumber() * (this.#prices.findBid(symbol) ?? entryPrice.toNumber());
    }
    const equity = this.#parts.books.cash.toNumber() + held;
    this.#at.push(atMs);
    this.#equity.push(equity);
    this.#exposure.push(equity === 0 ? 0 : held / equity);
  }
}

/** The bars that any symbol of a history has. */
export function spanOf(symbols: readonly SymbolHistory[]): BarSpan {
  return spanOfAll(symbols.map(barsOf));
}

/** The bars from the first to the last of a symbol. */
export function barsOf({ columns: { firstIndex, length } }: SymbolHistory): BarSpan {
  return { firstIndex, lastIndex: firstIndex + length - 1 };
}

/** Bars of all symbols inside the span, with a candle or without. */
function barsIn({ symbols }: MarketHistory, { firstIndex, lastIndex }: BarSpan): number {
  return symbols.reduce((sum, { columns }) => {
    const from = Math.max(firstIndex, columns.firstIndex);
    const to = Math.min(lastIndex, columns.firstIndex + columns.length - 1);
    return sum + Math.max(0, to - from + 1);
  }, 0);
}
