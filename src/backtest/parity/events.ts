import { closeTimeOf } from '../../domain/timeframe.js';
import type { QuoteBatch, Recorded, RecordedDecision } from './recorded.js';

/** What happens in a replay, at a wall time. */
export type Event =
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

/** In the order in which they were stored. */
export function toEvents(recorded: Recorded): readonly Event[] {
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
export function madeAt(
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

/** Venue's time of the newest quote of a batch. */
export function newestOf({ quotes }: QuoteBatch): number {
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
