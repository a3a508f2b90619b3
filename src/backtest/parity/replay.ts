import type { Decision } from '../../domain/decision.js';
import { Money } from '../../domain/money.js';
import type { EquityPoint, Position } from '../../domain/trade.js';
import type { Logger } from '../../lib/logger.js';
import { EquityMarks } from '../../risk/equity-marks.js';
import { Books } from '../../trading/books/books.js';
import { guardByCandles, guardByQuotes } from '../../trading/exits/guard-positions.js';
import { HaltBoard } from '../../trading/halts/halt-board.js';
import { Ledger } from '../../trading/books/ledger.js';
import { PaperBroker } from '../../trading/broker/paper-broker.js';
import { QuoteBoard } from '../../trading/books/quote-board.js';
import { createClosedTrades } from '../../trading/parts/recall-risk.js';
import { settleUnsettled } from '../../trading/recovery/reconcile.js';
import { recordLate, tick } from '../../trading/tick/tick.js';
import { bookKeyOf, type TradingParts } from '../../trading/parts/trading-parts.js';
import type { TradingRules } from '../../trading/trading-rules.js';
import { isWorthKeeping, watchEquity } from '../../trading/service/watch-equity.js';
import { MemoryStores } from '../engine/memory-stores.js';
import { SteppedClock } from '../engine/stepped-clock.js';
import { newestOf, toEvents, type Event } from './events.js';
import type { QuoteBatch, Recorded, RecordedDecision } from './recorded.js';
import type { TakeOver } from './take-over.js';

const FROZEN = 'entries frozen: ';

/** What the tick says now of the signals of then. */
export interface Replayed {
  /** By the uid of the signal. */
  readonly decisions: ReadonlyMap<string, Decision>;
  /** By the uid of the signal that opened them. */
  readonly positions: ReadonlyMap<string, Position>;
}

interface ReplayOptions {
  /** The rules that were in force at a wall time. */
  readonly rulesAt: (createdAt: number) => TradingRules;
  /** Where the replay begins; undefined for the beginning of the account. */
  readonly takeOver: TakeOver | undefined;
  readonly logger: Logger;
}

/**
 * Runs the recorded signals, quotes and candles through the tick, in the order in which they were stored, over books in
 * memory that begin as those of the account did, or as they stood where the replay takes over.
 */
export async function replay(recorded: Recorded, options: ReplayOptions): Promise<Replayed> {
  const { takeOver } = options;
  const run = new Replay(recorded, options);
  if (takeOver !== undefined) await run.begin(takeOver);
  for (const event of toEvents(recorded)) {
    if (takeOver === undefined || isLater(event, takeOver)) await run.take(event);
  }
  return run.result();
}

function isLater(event: Event, { at, earlier }: TakeOver): boolean {
  return event.kind === 'quotes' ? event.at >= at : !earlier.has(event.of);
}

class Replay {
  readonly #recorded: Recorded;
  readonly #rulesAt: (createdAt: number) => TradingRules;
  readonly #clock = new SteppedClock();
  readonly #quotes = new QuoteBoard();
  readonly #stores = new MemoryStores(() => undefined);
  readonly #decisions = new Map<string, Decision>();
  readonly #signalOf = new Map<string, string>();
  #parts: TradingParts;
  #freeze: string | undefined;
  #lastPoint: EquityPoint | undefined;

  constructor(recorded: Recorded, options: ReplayOptions) {
    this.#recorded = recorded;
    this.#rulesAt = options.rulesAt;
    this.#parts = this.#createParts(options);
    this.#lastPoint = options.takeOver?.lastPoint;
  }

  /** Fills quotes, stores and memory with what was known at that moment. */
  async begin({ at, marketMs, closed, carried, earlier }: TakeOver): Promise<void> {
    this.#clock.moveTo(marketMs);
    for (const { createdAt, quotes } of this.#recorded.batches) {
      if (createdAt < at) this.#quotes.update(quotes);
    }
    const { positions, orders, fills } = this.#parts.stores;
    for (const position of closed) {
      await positions.insert(position);
      this.#parts.closedTrades.note(position);
    }
    for (const { position, purchase } of carried) {
      await positions.insert(position);
      await orders.insert(purchase.order);
      await orders.settle(purchase.order.uid, { status: 'filled', settledAt: position.openedAt });
      for (const fill of purchase.fills) await fills.insert(fill);
    }
    for (const { decision, signal } of earlier) {
      this.#stores.noteDecided(signal, undefined);
      this.#decisions.set(signal.uid, decision);
      this.#signalOf.set(decision.uid, signal.uid);
    }
  }

  async take(event: Event): Promise<void> {
    this.#useRules(this.#rulesAt(event.at));
    if (event.kind === 'quotes') await this.#takeQuotes(event.batch);
    else if (event.kind === 'decision') await this.#decide(event.of);
    else await this.#guard(event.of, event.nowMs);
  }

  result(): Replayed {
    const positions = this.#stores.positions.flatMap((position) => {
      const signal = this.#signalOf.get(position.decisionUid);
      return signal === undefined ? [] : [[signal, position] as const];
    });
    return { decisions: this.#decisions, positions: new Map(positions) };
  }

  async #takeQuotes(batch: QuoteBatch): Promise<void> {
    this.#clock.moveTo(newestOf(batch));
    const taken = this.#quotes.update(batch.quotes);
    await settleUnsettled(this.#parts);
    await guardByQuotes(this.#parts, taken);
    await this.#value();
  }

  /** The marks are of the values that are stored: one a bar, and one whenever the cash has changed. */
  async #value(): Promise<void> {
    const { books, equityMarks, clock, rules } = this.#parts;
    const point = books.valueAt(clock.marketMs(), this.#stores.open, this.#quotes);
    if (isWorthKeeping(point, this.#lastPoint, rules)) {
      equityMarks.note(point);
      this.#lastPoint = point;
    }
    await watchEquity(this.#parts, point);
  }

  async #guard({ signal, candle }: RecordedDecision, nowMs: number): Promise<void> {
    if (candle === undefined) return;
    this.#clock.moveTo(nowMs);
    const { books } = this.#parts;
    const { cash } = books;
    await guardByCandles(this.#parts, signal, [candle]);
    if (books.cash !== cash) await this.#value();
  }

  async #decide({ decision, signal, horizonBars }: RecordedDecision): Promise<void> {
    this.#clock.moveTo(decision.decidedAt);
    const { reason } = decision;
    // What froze entries then is not stored, only that something did.
    this.#freeze = reason.startsWith(FROZEN) ? reason.slice(FROZEN.length) : undefined;
    const isLate = reason.startsWith('too late: a newer candle');
    const now = isLate
      ? await recordLate(this.#parts, signal)
      : await tick(this.#parts, signal, { horizonBars });
    this.#decisions.set(signal.uid, now);
    this.#signalOf.set(now.uid, signal.uid);
  }

  /** Settings change at a restart, which the books outlive. */
  #useRules(rules: TradingRules): void {
    if (this.#parts.rules === rules) return;
    this.#parts = { ...this.#parts, rules, broker: new PaperBroker(rules) };
  }

  #createParts({ rulesAt, takeOver, logger }: ReplayOptions): TradingParts {
    const { decisions, startEquity, findInstrument, findVolatility } = this.#recorded;
    const rules = rulesAt(takeOver?.at ?? decisions[0]?.decision.createdAt ?? 0);
    const stores = this.#stores.asTradingStores();
    const halts = new HaltBoard();
    let names = 0;
    return {
      rules,
      stores: { ...stores, decisions: { ...stores.decisions, list: this.#listOfCandle } },
      ledger: new Ledger(stores, { assertHeld: async () => undefined }),
      books: new Books(bookKeyOf(rules), startEquity, takeOver?.fillsCash ?? new Money(0)),
      quotes: this.#quotes,
      broker: new PaperBroker(rules),
      clock: this.#clock,
      newUid: () => `p${(names += 1).toString(36)}`,
      logger,
      findInstrument,
      closedTrades: createClosedTrades(rules),
      equityMarks: new EquityMarks(takeOver?.marks ?? {}),
      halts,
      refreshHalts: async () => undefined,
      findVolatility,
      said: new Set(),
      findEntryFreeze: () => this.#freeze ?? halts.findFreeze(this.#clock.marketMs()),
    };
  }

  /** Earlier decisions on the same candle: there is more than one where a model was promoted meanwhile. */
  readonly #listOfCandle: TradingParts['stores']['decisions']['list'] = async ({
    symbol,
    from,
  }) => {
    const rows = [...this.#decisions.values()]
      .filter((one) => one.symbol === symbol && one.candleOpenTime === from)
      .map((one) => ({ ...one, id: 0, createdAt: 0 }));
    return { rows, total: rows.length };
  };
}
