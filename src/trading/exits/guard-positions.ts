import type { Candle } from '../../domain/candle.js';
import { Money } from '../../domain/money.js';
import { closeTimeOf, type Timeframe } from '../../domain/timeframe.js';
import type { Quote } from '../../domain/market.js';
import type { Position } from '../../domain/trade.js';
import { findQuoteExit, walkCandles, type ExitTrigger } from './exits.js';
import { sellNow } from '../orders/sell-now.js';
import { raiseTrailing } from '../positions/trailing-stop.js';
import { bookKeyOf, type TradingParts } from '../parts/trading-parts.js';
import type { StoredPosition } from '../trading-stores.js';
import { decisionLagMs } from '../trading-rules.js';

/**
 * Closes every position whose newest quote is through its stop or target or past its holding time.
 *
 * @param symbols those that were quoted just now, where that is known: an older quote says nothing of
 *   the present
 */
export async function guardByQuotes(
  parts: TradingParts,
  symbols?: ReadonlySet<string>,
): Promise<void> {
  for (const position of await listHeld(parts)) {
    if (symbols?.has(position.symbol) === false) continue;
    const quote = parts.quotes.find(position.symbol);
    if (quote === undefined) continue;
    const mayHoldOn = await mayBeProlonged(parts, position, quote.venueTime);
    const trigger = findQuoteExit(position, quote, mayHoldOn);
    if (trigger !== undefined) await leave(parts, position, trigger);
    else await trailQuote(parts, position, quote);
  }
}

/** Raises the trailing stop below a bid that was seen after the entry. */
async function trailQuote(
  { rules, ledger }: TradingParts,
  from: StoredPosition,
  { bid, venueTime: at }: Quote,
): Promise<void> {
  if (rules.trailingStopPct === 0 || at <= from.openedAt) return;
  const raised = raiseTrailing(from, { price: new Money(bid), at }, rules);
  if (raised !== undefined) await ledger.store({ changed: { from, to: { ...from, ...raised } } });
}

interface CandlesOf {
  readonly symbol: string;
  readonly timeframe: Timeframe;
}

/**
 * Closes what is held of a symbol that closed candles (ascending) of any timeframe went through. That can be more
 * than one position: a purchase that was given up may be found filled beside a later one.
 */
export async function guardByCandles(
  parts: TradingParts,
  of: CandlesOf,
  candles: readonly Candle[],
): Promise<void> {
  for (const position of await listHeld(parts)) {
    if (position.symbol === of.symbol) await guardOne(parts, position, { ...of, candles });
  }
}

async function guardOne(
  parts: TradingParts,
  from: StoredPosition,
  { timeframe, candles }: CandlesOf & { readonly candles: readonly Candle[] },
): Promise<void> {
  const nowMs = parts.clock.marketMs();
  const { exit, position: to } = walkCandles(from, candles, {
    nowMs,
    timeframe,
    rules: parts.rules,
  });
  if (exit !== undefined) await leave(parts, from, exit);
  else if (to !== from) await parts.ledger.store({ changed: { from, to } });
}

/**
 * Whether `guardByQuotes` may have something to do. For who has the positions at hand and many quotes to show them: it
 * asks no store.
 */
export function isQuoteOfInterest(
  { rules }: Pick<TradingParts, 'rules'>,
  position: Position,
  quote: Quote,
): boolean {
  return rules.trailingStopPct !== 0 || findQuoteExit(position, quote, false) !== undefined;
}

/** The same of `guardByCandles` and a closed candle of the timeframe that trades. */
export function isCandleOfInterest(
  { rules, clock }: Pick<TradingParts, 'rules' | 'clock'>,
  position: Position,
  candle: Candle,
): boolean {
  const options = { nowMs: clock.marketMs(), timeframe: rules.timeframe, rules };
  const { exit, position: walked } = walkCandles(position, [candle], options);
  return exit !== undefined || walked !== position;
}

async function listHeld({ rules, stores }: TradingParts): Promise<StoredPosition[]> {
  const positions = await stores.positions.listOpen(bookKeyOf(rules));
  return positions.filter((position) => position.status === 'open');
}

/**
 * True while the decision on the candle that closes when the holding time ends is still to come: it
 * may prolong it, and selling first would pay for a round trip.
 */
async function mayBeProlonged(
  { rules, stores }: TradingParts,
  { symbol, holdUntil }: Position,
  atMs: number,
): Promise<boolean> {
  const isDue = holdUntil !== undefined && atMs >= holdUntil;
  if (!isDue || rules.maxHoldBars !== 'auto') return false;
  if (atMs > holdUntil + decisionLagMs(rules)) return false;
  const { venue, timeframe, bot } = rules;
  const key = { venue, symbol, timeframe, bot };
  const lastOpenTime = await stores.decisions.lastDecidedOpenTime(key);
  return lastOpenTime === undefined || closeTimeOf(lastOpenTime, timeframe) < holdUntil;
}

async function leave(
  parts: TradingParts,
  from: StoredPosition,
  trigger: ExitTrigger,
): Promise<void> {
  const { exitReason, reason, at, price } = trigger;
  await sellNow(parts, from, { exitReason, reason }, { intendedAt: at, seen: { price, at } });
}
