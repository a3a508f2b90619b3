import { Money } from '../../domain/money.js';
import { cashChange, type EquityPoint, type Fill, type Position } from '../../domain/trade.js';
import { ConfigError } from '../../lib/errors.js';
import { groupBy } from '../../lib/group-by.js';
import { dayStartOf, type EquityMarks } from '../../risk/equity-marks.js';
import type { TradingRules } from '../../trading/trading-rules.js';
import { madeAt, newestOf } from './events.js';
import { findHeldThen } from './held-then.js';
import type { At, QuoteBatch, Recorded, RecordedDecision } from './recorded.js';

type StoredOrder = Recorded['orders'][number];

/** A position as it was held at the moment, with what bought it. */
interface Carried {
  readonly position: Position;
  readonly purchase: { readonly order: StoredOrder; readonly fills: readonly Fill[] };
}

/** The books at a moment, as they were recorded: what a replay begins with where the quotes of before are deleted. */
export interface TakeOver {
  /** Wall time at which the first quotes that are replayed were stored. */
  readonly at: number;
  /** Market time of the newest quote before them. */
  readonly marketMs: number;
  /** Made before: they are not repeated. */
  readonly earlier: ReadonlySet<RecordedDecision>;
  /** What the fills of before did to the cash. */
  readonly fillsCash: Money;
  /** Positions that had been sold, in that order. */
  readonly closed: readonly Position[];
  readonly carried: readonly Carried[];
  readonly marks: ConstructorParameters<typeof EquityMarks>[0];
  readonly lastPoint: EquityPoint | undefined;
}

type RulesAt = (createdAt: number) => TradingRules;

/**
 * Retention deletes quotes long before decisions. Where those of the first decisions are gone, the replay begins at the
 * first moment from which on all quotes are stored, no order was under way, and everything that was held can be told
 * from what is stored. What a position's trailing stop was then need not be known: the stored one is the last, and what
 * raised it later raises it again.
 *
 * @param rulesAt the rules of then
 * @returns undefined where no quotes are missing
 * @throws ConfigError when there is no such moment
 */
export async function findTakeOver(
  recorded: Recorded,
  rulesAt: RulesAt,
): Promise<TakeOver | undefined> {
  const { decisions, batches } = recorded;
  const gone = countWithoutQuotes(recorded);
  const lastGone = decisions[gone - 1];
  if (lastGone === undefined) return undefined;
  const search = new Search(recorded, rulesAt);
  let newestAt = -Infinity;
  const quoted = new Set<string>();
  for (const batch of batches) {
    const moment = { at: batch.createdAt, newestAt, nextAt: Math.max(newestAt, newestOf(batch)) };
    if (batch.createdAt > lastGone.decision.createdAt) {
      const books = search.findBooks(moment, quoted);
      if (books !== undefined) return toTakeOver(recorded, moment, books);
    }
    newestAt = moment.nextAt;
    for (const { symbol } of batch.quotes) quoted.add(symbol);
  }
  throw new ConfigError(
    `The quotes behind ${gone} of ${decisions.length} decisions are deleted, and no moment after them is known well ` +
      'enough to begin with: RETENTION_PRICES_DAYS says how long quotes are kept',
  );
}

/** Decisions up to the last one that was made on quotes which are not stored any more. */
function countWithoutQuotes({ decisions, batches }: Recorded): number {
  const stored = new Set(batches.flatMap(({ quotes }) => quotes.map((one) => one.venueTime)));
  return (
    1 +
    decisions.findLastIndex(
      ({ decision: { quotesAt } }) => quotesAt !== undefined && !stored.has(quotesAt),
    )
  );
}

/** Just before a batch of quotes. */
interface Moment {
  readonly at: number;
  /** Market times of the newest quote before it, and with it. */
  readonly newestAt: number;
  readonly nextAt: number;
}

interface BooksThen {
  readonly earlier: readonly RecordedDecision[];
  readonly fills: readonly Fill[];
  readonly closed: readonly Position[];
  readonly carried: readonly Carried[];
}

/** Wall times between which something was done. */
interface Span {
  readonly from: number;
  readonly to: number;
}

class Search {
  readonly #recorded: Recorded;
  readonly #rulesAt: RulesAt;
  readonly #quotedSymbols: ReadonlySet<string>;
  readonly #spans: readonly (Span & { readonly of: RecordedDecision })[];
  readonly #orders: readonly OrderSpan[];
  readonly #ordersOf: ReadonlyMap<string, readonly OrderSpan[]>;

  constructor(recorded: Recorded, rulesAt: RulesAt) {
    const { batches, decisions } = recorded;
    this.#recorded = recorded;
    this.#rulesAt = rulesAt;
    this.#quotedSymbols = symbolsOf(batches);
    this.#spans = decisions.map((of) => {
      const from = madeAt(of, batches);
      return { of, from, to: of.decision.createdAt };
    });
    this.#orders = toOrderSpans(recorded, this.#spans);
    this.#ordersOf = groupBy(this.#orders, ({ order }) => order.positionUid);
  }

  /** @param quoted symbols with a stored quote of before */
  findBooks(moment: Moment, quoted: ReadonlySet<string>): BooksThen | undefined {
    if (this.#spans.some(({ from, to }) => from < moment.at && to >= moment.at)) return undefined;
    const earlier = this.#spans.filter(({ to }) => to < moment.at).map(({ of }) => of);
    if (earlier.length === this.#spans.length) return undefined;
    // One that is never quoted is not waited for.
    const isUnquoted = ({ signal: { symbol } }: RecordedDecision): boolean =>
      this.#quotedSymbols.has(symbol) && !quoted.has(symbol);
    if (earlier.some(isUnquoted)) return undefined;
    const done = this.#orders.filter((one) => isBefore(one, moment));
    const isUnclear = (one: OrderSpan): boolean => !isBefore(one, moment) && !isAfter(one, moment);
    if (this.#orders.some(isUnclear)) return undefined;
    return this.#toBooks(moment, earlier, done);
  }

  #toBooks(
    moment: Moment,
    earlier: readonly RecordedDecision[],
    done: readonly OrderSpan[],
  ): BooksThen | undefined {
    const { decisions, positions } = this.#recorded;
    const doneOf = groupBy(done, ({ order }) => order.positionUid);
    const closed: Position[] = [];
    const carried: Carried[] = [];
    for (const position of positions.toReversed()) {
      const own = doneOf.get(position.uid) ?? [];
      const purchase = own.find(({ order, fills }) => order.side === 'buy' && fills.length > 0);
      if (purchase === undefined) continue;
      if (position.status === 'closed' && own.length === this.#ordersOf.get(position.uid)?.length) {
        // Closed without an order, at a time that says nothing about the moment.
        if ((position.closedAt ?? Infinity) >= moment.nextAt) return undefined;
        closed.push(position);
        continue;
      }
      const isWhole = own.every(({ order, fills }) => order.side === 'buy' || fills.length === 0);
      const known = { decisions, earlier, rulesAt: this.#rulesAt, beforeMs: moment.nextAt };
      const then = isWhole ? findHeldThen(position, known) : undefined;
      if (then === undefined) return undefined;
      carried.push({ position: then, purchase });
    }
    closed.sort((one, other) => (one.closedAt ?? 0) - (other.closedAt ?? 0));
    return { earlier, fills: done.flatMap(({ fills }) => fills), closed, carried };
  }
}

function symbolsOf(batches: readonly QuoteBatch[]): ReadonlySet<string> {
  return new Set(batches.flatMap(({ quotes }) => quotes.map(({ symbol }) => symbol)));
}

interface OrderSpan extends Span {
  readonly order: StoredOrder;
  readonly fills: readonly At<Fill>[];
}

/** From the decision behind it to its last fill. */
function toOrderSpans(
  { orders, fills }: Recorded,
  decided: readonly (Span & { readonly of: RecordedDecision })[],
): readonly OrderSpan[] {
  const fillsOf = groupBy(fills, ({ orderUid }) => orderUid);
  // An order that comes of a decision is intended when that is made.
  const nameOf = (symbol: string, at: number): string => `${symbol} ${at}`;
  const made = new Map(
    decided.map(({ of: { signal, decision }, from }) => [
      nameOf(signal.symbol, decision.decidedAt),
      from,
    ]),
  );
  return orders.map((order) => {
    const { symbol, intendedAt, createdAt } = order;
    const own = fillsOf.get(order.uid) ?? [];
    const from = Math.min(createdAt, made.get(nameOf(symbol, intendedAt)) ?? createdAt);
    const to = Math.max(createdAt, ...own.map((fill) => fill.createdAt));
    return { order, fills: own, from, to };
  });
}

/** By the wall's time and by the market's: what is done about a quote is stored some time after it. */
function isBefore({ order, to }: OrderSpan, { at, nextAt }: Moment): boolean {
  return to < at && (order.settledAt ?? Infinity) < nextAt;
}

function isAfter({ order, from }: OrderSpan, { at, newestAt }: Moment): boolean {
  return from >= at && order.intendedAt > newestAt;
}

async function toTakeOver(
  { readEquity, lastResumedAt = 0 }: Recorded,
  { at, newestAt }: Moment,
  { earlier, fills, closed, carried }: BooksThen,
): Promise<TakeOver> {
  const points = (await readEquity()).filter(({ createdAt }) => createdAt < at);
  // Losses count from where a person resumed; of an earlier time than the last it is not kept.
  const since = lastResumedAt <= newestAt ? lastResumedAt : 0;
  const counted = points.filter((point) => point.at >= since);
  const today = dayStartOf(newestAt);
  return {
    at,
    marketMs: newestAt,
    earlier: new Set(earlier),
    fillsCash: fills.reduce((sum, fill) => sum.plus(cashChange(fill)), new Money(0)),
    closed,
    carried,
    marks: {
      peak: counted.reduce<Money | undefined>(highest, undefined),
      dayFirst: counted.find((point) => point.at >= today),
    },
    lastPoint: points.at(-1),
  };
}

function highest(peak: Money | undefined, { equity }: EquityPoint): Money {
  return peak === undefined || equity.gt(peak) ? equity : peak;
}
