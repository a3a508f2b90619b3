import type { Decision } from '../../domain/decision.js';
import { Money } from '../../domain/money.js';
import { closeTimeOf } from '../../domain/timeframe.js';
import type { Position } from '../../domain/trade.js';
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
import { watchEquity } from '../../trading/service/watch-equity.js';
import { MemoryStores } from '../engine/memory-stores.js';
import { SteppedClock } from '../engine/stepped-clock.js';
import type { QuoteBatch, Recorded, RecordedDecision } from './recorded.js';

const FROZEN = 'entries frozen: ';

/** What the tick says now of the signals of then. */
export interface Replayed {
  /** By the uid of the signal. */
  readonly decisions: ReadonlyMap<string, Decision>;
  /** By the uid of the signal that opened them. */
  readonly positions: ReadonlyMap<string, Position>;
}

type Event =
  | { readonly at: number; readonly kind: 'quotes'; readonly batch: QuoteBatch }
  | {
      readonly at: number;
      readonly kind: 'candle';
      readonly of: RecordedDecision;
      readonly nowMs: number;
    }
  | { readonly at: number; readonly kind: 'decision'; readonly of: RecordedDecision };

/** Where several were stored in one millisecond: quotes come before what is decided on them. */
const RANK = { candle: 0, quotes: 1, decision: 2 } as const;

/**
 * Runs the recorded signals, quotes and candles through the tick, in the order in which they were stored, over books in
 * memory that begin as those of the account did.
 *
 * @param rulesAt the rules that were in force at a wall time
 */
export async function replay(
  recorded: Recorded,
  rulesAt: (createdAt: number) => TradingRules,
  logger: Logger,
): Promise<Replayed> {
  const run = new Replay(recorded, rulesAt, logger);
  for (const event of toEvents(recorded)) await run.take(event);
  return run.result();
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

  constructor(recorded: Recorded, rulesAt: (createdAt: number) => TradingRules, logger: Logger) {
    this.#recorded = recorded;
    this.#rulesAt = rulesAt;
    this.#parts = this.#createParts(
      rulesAt(recorded.decisions[0]?.decision.createdAt ?? 0),
      logger,
    );
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
    const { books, equityMarks, clock } = this.#parts;
    const point = books.valueAt(clock.marketMs(), this.#stores.open, this.#quotes);
    equityMarks.note(point);
    await watchEquity(this.#parts, point);
  }

  async #guard({ signal, candle }: RecordedDecision, nowMs: number): Promise<void> {
    if (candle === undefined) return;
    this.#clock.moveTo(nowMs);
    await guardByCandles(this.#parts, signal, [candle]);
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

  #createParts(rules: TradingRules, logger: Logger): TradingParts {
    const stores = this.#stores.asTradingStores();
    const halts = new HaltBoard();
    let names = 0;
    return {
      rules,
      stores: { ...stores, decisions: { ...stores.decisions, list: this.#listOfCandle } },
      ledger: new Ledger(stores, { assertHeld: async () => undefined }),
      books: new Books(bookKeyOf(rules), this.#recorded.startEquity, new Money(0)),
      quotes: this.#quotes,
      broker: new PaperBroker(rules),
      clock: this.#clock,
      newUid: () => `p${(names += 1).toString(36)}`,
      logger,
      findInstrument: this.#recorded.findInstrument,
      closedTrades: createClosedTrades(rules),
      equityMarks: new EquityMarks({}),
      halts,
      refreshHalts: async () => undefined,
      findVolatility: async () => undefined,
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

function toEvents(recorded: Recorded): readonly Event[] {
  const { batches, decisions } = recorded;
  const events: Event[] = batches.map((batch) => ({ at: batch.createdAt, kind: 'quotes', batch }));
  for (const of of decisions) {
    events.push(candleEvent(of, recorded));
    events.push({ at: madeAt(of, batches), kind: 'decision', of });
  }
  return events.sort((one, other) => one.at - other.at || RANK[one.kind] - RANK[other.kind]);
}

/**
 * A decision is stored some milliseconds after it was made. Quotes that were stored before, but not known yet when it
 * was made, come after it.
 */
function madeAt(
  { decision: { createdAt, decidedAt, quotesAt } }: RecordedDecision,
  batches: readonly QuoteBatch[],
): number {
  // Where it was not kept which quotes were known: those of before the decision.
  const knownAt = quotesAt ?? decidedAt;
  let made = createdAt;
  for (let at = countUntil(batches, createdAt) - 1; at >= 0; at--) {
    const batch = batches[at];
    if (batch === undefined || newestOf(batch) <= knownAt) break;
    made = batch.createdAt - 0.5;
  }
  return made;
}

function newestOf({ quotes }: QuoteBatch): number {
  return Math.max(...quotes.map(({ venueTime }) => venueTime));
}

/** How many batches, in the order in which they were stored, were stored by that time. */
function countUntil(batches: readonly QuoteBatch[], createdAt: number): number {
  let [low, high] = [0, batches.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((batches[middle]?.createdAt ?? Infinity) <= createdAt) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Reasons of sales by stop or target: `stop_loss: low 95 at or below the stop 97`. */
const SOLD_BY_CANDLE = /^(stop_loss|take_profit|trailing\w*): (low|high) /;
const SOLD_BY_QUOTE = /^(stop_loss|take_profit|trailing\w*): bid /;

/**
 * When a candle was compared with stop and target is stored only where that led to a sale. Where a quote sold the
 * position between the candle's close and its decision, the candle was compared after it, or had not reached the stop:
 * it comes last. Else it is taken to have been before the first quotes after its close.
 */
function candleEvent(of: RecordedDecision, { orders, batches }: Recorded): Event {
  const { symbol, timeframe, candleOpenTime } = of.signal;
  const closeTime = closeTimeOf(candleOpenTime, timeframe);
  const { createdAt, decidedAt } = of.decision;
  const meanwhile = orders.filter(
    (order) =>
      order.symbol === symbol && order.intendedAt >= closeTime && order.intendedAt <= decidedAt,
  );
  const sale = meanwhile.find(({ reason }) => SOLD_BY_CANDLE.test(reason));
  if (sale !== undefined) {
    return { at: sale.createdAt, kind: 'candle', of, nowMs: sale.intendedAt };
  }
  if (meanwhile.some(({ reason }) => SOLD_BY_QUOTE.test(reason))) {
    return { at: createdAt, kind: 'candle', of, nowMs: decidedAt };
  }
  const next = batches.find(({ quotes }) => (quotes[0]?.venueTime ?? 0) > closeTime);
  const at = Math.min(next?.createdAt ?? createdAt, createdAt);
  return { at, kind: 'candle', of, nowMs: closeTime };
}
