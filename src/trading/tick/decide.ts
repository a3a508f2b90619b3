import type { DecisionAction } from '../../domain/decision.js';
import { Money } from '../../domain/money.js';
import type { Quote } from '../../domain/market.js';
import type { Signal } from '../../domain/signal.js';
import type { Position } from '../../domain/trade.js';
import { closeTimeOf } from '../../domain/timeframe.js';
import { isToBeSold } from '../positions/position-states.js';
import { decisionLagMs, type TradingRules } from '../trading-rules.js';

/** Everything besides the signal that a verdict depends on. */
export interface Observation {
  readonly rules: TradingRules;
  /** Market time of the decision. */
  readonly nowMs: number;
  /** Why the signal does not trade, when it belongs to another timeframe, bot or currency. */
  readonly advisory: string | undefined;
  /** Why no position is opened at the moment. */
  readonly entryFreeze: string | undefined;
  /** What is held of the symbol, or is being bought or sold. */
  readonly position: Position | undefined;
  /** Newest quote of the symbol, when it is fresh enough to act on. */
  readonly quote: Quote | undefined;
  /** True when an earlier decision on the same candle opened or closed. */
  readonly hasCandleActed: boolean;
  /** When the symbol was last sold; undefined when it never was. */
  readonly lastExitAt: number | undefined;
  /** Open time of the newest candle that this timeframe and bot have decided on. */
  readonly lastDecidedOpenTime: number | undefined;
}

export interface Verdict {
  readonly action: DecisionAction;
  /** A sentence for a person. */
  readonly reason: string;
}

/** The verdicts that come again and again. */
const HOLD: Verdict = { action: 'keep', reason: 'HOLD' };
const TOO_SHORT: Verdict = { action: 'keep', reason: 'HOLD: insufficient history' };
const NOT_EXECUTED: Verdict = {
  action: 'skip',
  reason: 'fallback not executed: ALLOW_FALLBACK_EXECUTION=false',
};
const BUY: Verdict = { action: 'open', reason: 'BUY' };
const SELL: Verdict = { action: 'close', reason: 'SELL' };
const ALREADY_LONG: Verdict = { action: 'keep', reason: 'already long' };
const NOTHING_TO_CLOSE: Verdict = { action: 'skip', reason: 'flat: nothing to close' };
const REFUSED_SALE = 'already closing: its sale was refused and is tried again';

/**
 * The verdict on one signal. `open` is still subject to the risk rules. Reasons that keep the whole
 * signal from being acted on come first, then what is held decides which questions are asked.
 */
export function decide(signal: Signal, seen: Observation): Verdict {
  const obstacle = findObstacle(signal, seen);
  if (obstacle !== undefined) return { action: 'skip', reason: obstacle };
  if (signal.prediction === 'HOLD') return decideHold(signal);
  if (signal.source === 'fallback' && !seen.rules.allowFallbackExecution) return NOT_EXECUTED;
  return signal.prediction === 'SELL' ? decideSell(seen) : decideBuy(signal, seen);
}

/** Why a signal is too late to be acted on, or undefined when it is in time. */
export function findLateness(
  signal: Signal,
  seen: Pick<Observation, 'rules' | 'nowMs' | 'lastDecidedOpenTime'>,
): string | undefined {
  const { lastDecidedOpenTime } = seen;
  if (lastDecidedOpenTime !== undefined && lastDecidedOpenTime > signal.candleOpenTime) {
    return 'too late: a newer candle has been decided on';
  }
  const lagMs = seen.nowMs - closeTimeOf(signal.candleOpenTime, signal.timeframe);
  const limitMs = decisionLagMs(seen.rules);
  if (lagMs <= limitMs) return undefined;
  return `too late: ${seconds(lagMs)} s after the close, at most ${seconds(limitMs)} s`;
}

function seconds(durationMs: number): number {
  return Math.ceil(durationMs / 1_000);
}

function findObstacle(signal: Signal, seen: Observation): string | undefined {
  if (seen.advisory !== undefined) return `advisory: ${seen.advisory}`;
  const lateness = findLateness(signal, seen);
  if (lateness !== undefined) return lateness;
  return seen.hasCandleActed ? 'this candle has already changed the position' : undefined;
}

function decideHold(signal: Signal): Verdict {
  return signal.source === 'fallback' && signal.indicators === undefined ? TOO_SHORT : HOLD;
}

/** A SELL closes at any confidence: exits are never gated. */
function decideSell(seen: Observation): Verdict {
  const { position } = seen;
  switch (position?.status) {
    case 'open':
      return isToBeSold(position) ? { action: 'keep', reason: REFUSED_SALE } : SELL;
    case 'opening':
      return { action: 'skip', reason: 'the entry is not filled yet: its exits will guard it' };
    case 'closing':
      return { action: 'keep', reason: closingReason(seen.quote) };
    default:
      return NOTHING_TO_CLOSE;
  }
}

/** A sale waits for a quote, for as long as it takes: the decision says so. */
function closingReason(quote: Quote | undefined): string {
  return quote === undefined ? 'already closing: no quote to sell at yet' : 'already closing';
}

function decideBuy(signal: Signal, seen: Observation): Verdict {
  const { position } = seen;
  if (position?.status === 'closing') return { action: 'skip', reason: 'already closing' };
  if (position !== undefined) {
    return isToBeSold(position) ? { action: 'skip', reason: REFUSED_SALE } : ALREADY_LONG;
  }
  const objection = findEntryObjection(signal, seen);
  if (objection !== undefined) return { action: 'skip', reason: objection };
  return BUY;
}

function findEntryObjection(signal: Signal, seen: Observation): string | undefined {
  const { rules, entryFreeze, lastExitAt = -Infinity } = seen;
  if (entryFreeze !== undefined) return `entries frozen: ${entryFreeze}`;
  if (closeTimeOf(signal.candleOpenTime, signal.timeframe) <= lastExitAt) {
    return 'this candle closed before the last exit: an entry needs a later one';
  }
  const minimum =
    signal.source === 'model' ? rules.minModelConfidence : rules.minFallbackConfidence;
  if (!(signal.confidence >= minimum)) {
    return `confidence ${textBelow(signal.confidence, minimum, 1)} below ${minimum}`;
  }
  const { quote } = seen;
  if (quote === undefined) return 'no quote';
  return signal.source === 'model' ? findThinEdge(signal.expectedMove, rules, quote) : undefined;
}

function findThinEdge(move: number, rules: TradingRules, quote: Quote): string | undefined {
  const cost = roundTripCost(quote, rules.feeRate);
  const needed = rules.minEdgeCosts * cost;
  if (move >= needed) return undefined;
  const times = rules.minEdgeCosts === 1 ? '' : `${rules.minEdgeCosts} × `;
  const shown = textBelow(move * 100, needed * 100, 2);
  return `expected move ${shown} % below ${times}costs ${(cost * 100).toFixed(2)} %`;
}

/** Cost of buying at the ask and selling at the bid, both fees included, as a fraction of the middle price. */
export function roundTripCost(quote: Quote, feeRate: Money): number {
  const bid = new Money(quote.bid);
  const ask = new Money(quote.ask);
  const spread = ask.minus(bid).div(ask.plus(bid).div(2));
  return spread.plus(feeRate.times(2)).toNumber();
}

const MAX_DIGITS = 8;

/** `value` with as few digits as still show that it lies below `limit`: never `40.0 below 40`. */
function textBelow(value: number, limit: number, digits: number): string {
  const text = value.toFixed(digits);
  // A whole digit apart, they are so whatever the rounding.
  const isShown = value < limit - 10 ** -digits || Number(text) < Number(limit.toFixed(digits));
  return isShown || digits >= MAX_DIGITS ? text : textBelow(value, limit, digits + 1);
}
