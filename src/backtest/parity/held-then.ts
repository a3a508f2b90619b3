import type { Position } from '../../domain/trade.js';
import { findHoldUntil, type TradingRules } from '../../trading/trading-rules.js';
import type { RecordedDecision } from './recorded.js';

type RulesAt = (createdAt: number) => TradingRules;

interface Then {
  readonly decisions: readonly RecordedDecision[];
  /** Those of before the moment. */
  readonly earlier: readonly RecordedDecision[];
  readonly rulesAt: RulesAt;
  /** Market time of the first quote after the moment. */
  readonly beforeMs: number;
}

/**
 * A position as it was held at an earlier moment. Stop and target stay as they were laid. Of the trailing stop the last
 * level is stored: where it was raised later, the same prices raise it again, and none of before met the lower one. The
 * holding time follows from the decisions.
 *
 * @returns undefined where what is stored of the position does not follow from its decisions
 */
export function findHeldThen(
  position: Position,
  { decisions, earlier, rulesAt, beforeMs }: Then,
): Position | undefined {
  const last = findHeldUntil(position, decisions, rulesAt);
  const holdUntil = findHeldUntil(position, earlier, rulesAt);
  const isKnown = last !== 'unknown' && last === position.holdUntil && holdUntil !== 'unknown';
  // Some of what was bought is gone, and it is not stored since when.
  const isPart = position.status !== 'closed' && position.soldBase !== undefined;
  return isKnown && !isPart ? toHeldThen(position, { holdUntil, beforeMs }) : undefined;
}

/** The holding time after some of its decisions: the one that opened it, and those that prolonged it. */
function findHeldUntil(
  { uid, decisionUid }: Position,
  decisions: readonly RecordedDecision[],
  rulesAt: RulesAt,
): number | undefined | 'unknown' {
  let until: number | undefined | 'unknown' = 'unknown';
  for (const { decision, signal, horizonBars } of decisions) {
    const rules = rulesAt(decision.createdAt);
    const isOpening = decision.uid === decisionUid;
    const isAffirming =
      decision.positionUid === uid && decision.action === 'keep' && signal.prediction === 'BUY';
    if (!isOpening && !(isAffirming && rules.maxHoldBars === 'auto')) continue;
    const own = findHoldUntil(rules, signal, horizonBars);
    if (isOpening) until = own;
    else if (typeof until === 'number' && own !== undefined) until = Math.max(until, own);
  }
  return until;
}

/** As it was before it was sold. */
function toHeldThen(
  position: Position,
  { holdUntil, beforeMs }: { readonly holdUntil: number | undefined; readonly beforeMs: number },
): Position {
  const { trailingPrice, trailingAt } = position;
  const isTrailed = trailingAt !== undefined && trailingAt < beforeMs;
  return {
    uid: position.uid,
    venue: position.venue,
    account: position.account,
    symbol: position.symbol,
    timeframe: position.timeframe,
    bot: position.bot,
    decisionUid: position.decisionUid,
    openedAt: position.openedAt,
    sizeBase: position.sizeBase,
    entryPrice: position.entryPrice,
    stopPrice: position.stopPrice,
    targetPrice: position.targetPrice,
    holdUntil,
    trailingPrice: isTrailed ? trailingPrice : undefined,
    trailingAt: isTrailed ? trailingAt : undefined,
    status: 'open',
    soldBase: undefined,
    exitPrice: undefined,
    exitReason: undefined,
    realizedPnl: undefined,
    closedAt: undefined,
  };
}
