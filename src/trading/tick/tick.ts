import type { Decision } from '../../domain/decision.js';
import type { Money } from '../../domain/money.js';
import type { Signal } from '../../domain/signal.js';
import type { Position } from '../../domain/trade.js';
import type { EntryAssessment } from '../../risk/assess-entry.js';
import { assertDefined } from '../../lib/invariant.js';
import { decide, findLateness, type Verdict } from './decide.js';
import type { PositionChange } from '../books/ledger.js';
import { observe, observeWith, type StoredFacts, type TickObservation } from './observe.js';
import { toEntryOrder } from '../orders/orders.js';
import { sellNow } from '../orders/sell-now.js';
import { findEntryVeto, planEntry } from './plan-entry.js';
import { settleOrder } from '../orders/settle-order.js';
import type { SignalContext } from '../signal-context.js';
import type { TradingParts } from '../parts/trading-parts.js';
import { findHoldUntil } from '../trading-rules.js';

interface Subject {
  readonly signal: Signal;
  readonly context: SignalContext;
  readonly seen: TickObservation;
}

/**
 * One signal from observation to record: observe, decide, pass the risk rules, store decision and
 * intent together, carry the intent out, store what came of it. A signal that has a decision keeps
 * it, and nothing is done again.
 */
export async function tick(
  parts: TradingParts,
  signal: Signal,
  context: SignalContext,
): Promise<Decision> {
  const known = await parts.stores.decisions.findBySignal(signal.uid);
  if (known !== undefined) return known;
  const subject = { signal, context, seen: await observe(parts, signal) };
  const verdict = decide(signal, subject.seen);
  if (verdict.action === 'open') return openPosition(parts, subject, verdict);
  if (verdict.action === 'close') return closePosition(parts, subject, verdict);
  const decision = toDecision(parts, subject, verdict);
  await parts.ledger.store({ decision, changed: findExtension(parts, subject, verdict) });
  return decision;
}

/** What the tick would store of a signal on which it neither buys nor sells. */
export interface QuietDecision {
  readonly verdict: Verdict;
  /** What is held, with a longer holding time. */
  readonly changed: PositionChange | undefined;
}

/**
 * The tick on a signal for who knows the stored facts, halts of others among them, without asking a database.
 *
 * @returns undefined where the tick would buy or sell
 */
export function decideQuietly(
  parts: TradingParts,
  { signal, context, facts }: { readonly facts: StoredFacts } & Omit<Subject, 'seen'>,
): QuietDecision | undefined {
  const seen = observeWith(parts, signal, facts);
  const verdict = decide(signal, seen);
  if (verdict.action === 'close') return undefined;
  if (verdict.action === 'open') {
    const quote = assertDefined(seen.quote, 'quote behind a decision to open');
    const veto = findEntryVeto(parts, quote, { signal, context, positions: facts.held });
    if (veto === undefined) return undefined;
    return { verdict: { action: 'skip', reason: veto }, changed: undefined };
  }
  return { verdict, changed: findExtension(parts, { signal, context, seen }, verdict) };
}

/** Records that a signal came too late to be acted on: the one after it is newer. */
export async function recordLate(parts: TradingParts, signal: Signal): Promise<Decision> {
  const known = await parts.stores.decisions.findBySignal(signal.uid);
  if (known !== undefined) return known;
  const seen = await observe(parts, signal);
  const lateness = findLateness(signal, seen) ?? 'too late: a newer candle has closed since';
  const reason = seen.advisory === undefined ? lateness : `advisory: ${seen.advisory}`;
  const decision = toDecision(parts, { signal, seen }, { action: 'skip', reason });
  await parts.ledger.store({ decision });
  return decision;
}

async function openPosition(
  parts: TradingParts,
  subject: Subject,
  verdict: Verdict,
): Promise<Decision> {
  const quote = assertDefined(subject.seen.quote, 'quote behind a decision to open');
  // A halt by another process counts from its commit on.
  await parts.refreshHalts();
  const freeze = parts.findEntryFreeze();
  const plan: EntryAssessment =
    freeze === undefined
      ? await planEntry(parts, quote, subject)
      : { status: 'vetoed', reason: `entries frozen: ${freeze}` };
  if (plan.status === 'vetoed') return skip(parts, subject, plan.reason);
  const { symbol } = subject.signal;
  const wish = { symbol, side: 'buy', sizeBase: plan.sizeBase, quote } as const;
  const planned = parts.broker.planEntry(wish);
  if (planned.status === 'impossible') return skip(parts, subject, planned.reason);
  const positionUid = parts.newUid();
  const decision = { ...toDecision(parts, subject, verdict), positionUid };
  const { sizeBase } = planned.terms;
  const opened = toOpening(parts, subject, { decision, positionUid, sizeBase });
  const intent = {
    uid: parts.newUid(),
    intendedAt: decision.decidedAt,
    reason: [verdict.reason, ...plan.reductions].join('; '),
  };
  const order = toEntryOrder(opened, intent, planned.terms);
  await parts.ledger.store({ decision, opened, intended: order });
  await settleOrder(parts, order, { isNew: true });
  return decision;
}

async function skip(parts: TradingParts, subject: Subject, reason: string): Promise<Decision> {
  const decision = toDecision(parts, subject, { action: 'skip', reason });
  await parts.ledger.store({ decision });
  return decision;
}

async function closePosition(
  parts: TradingParts,
  subject: Subject,
  verdict: Verdict,
): Promise<Decision> {
  const from = assertDefined(subject.seen.position, 'position behind a decision to close');
  const decision = toDecision(parts, subject, verdict);
  const sale = { exitReason: 'signal', reason: verdict.reason, decision } as const;
  await sellNow(parts, from, sale, { intendedAt: decision.decidedAt });
  return decision;
}

function toDecision(
  parts: TradingParts,
  { signal, seen }: Pick<Subject, 'signal' | 'seen'>,
  verdict: Verdict,
): Decision {
  const { venue, symbol, timeframe, bot, candleOpenTime } = signal;
  return {
    uid: parts.newUid(),
    signalUid: signal.uid,
    venue,
    symbol,
    timeframe,
    bot,
    candleOpenTime,
    action: verdict.action,
    reason: verdict.reason,
    isAdvisory: seen.advisory !== undefined,
    positionUid: verdict.action === 'skip' ? undefined : seen.position?.uid,
    decidedAt: seen.nowMs,
    quotesAt: parts.quotes.newestAt,
  };
}

function toOpening(
  { rules }: TradingParts,
  { signal, context }: Subject,
  entry: { readonly decision: Decision; readonly positionUid: string; readonly sizeBase: Money },
): Position {
  const { symbol, timeframe, bot } = signal;
  return {
    uid: entry.positionUid,
    venue: rules.venue,
    account: rules.account,
    symbol,
    timeframe,
    bot,
    status: 'opening',
    decisionUid: entry.decision.uid,
    sizeBase: entry.sizeBase,
    soldBase: undefined,
    entryPrice: undefined,
    exitPrice: undefined,
    stopPrice: undefined,
    targetPrice: undefined,
    trailingPrice: undefined,
    trailingAt: undefined,
    holdUntil: findHoldUntil(rules, signal, context.horizonBars),
    exitReason: undefined,
    realizedPnl: undefined,
    openedAt: entry.decision.decidedAt,
    closedAt: undefined,
  };
}

/** Another BUY for a held symbol restarts its holding time, where that is the model's horizon. */
function findExtension(
  { rules }: TradingParts,
  { signal, context, seen }: Subject,
  verdict: Verdict,
): PositionChange | undefined {
  const isAffirmed = verdict.action === 'keep' && signal.prediction === 'BUY';
  const from = seen.position;
  if (!isAffirmed || from?.holdUntil === undefined || rules.maxHoldBars !== 'auto')
    return undefined;
  const holdUntil = findHoldUntil(rules, signal, context.horizonBars);
  if (holdUntil === undefined || holdUntil <= from.holdUntil) return undefined;
  return { from, to: { ...from, holdUntil } };
}
