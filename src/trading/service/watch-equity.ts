import type { Halt } from '../../domain/halt.js';
import { barIndex } from '../../domain/timeframe.js';
import type { EquityPoint } from '../../domain/trade.js';
import type { TradingRules } from '../trading-rules.js';
import { findDailyLoss } from '../../risk/daily-loss.js';
import { dayStartOf, nextDayOf } from '../../risk/equity-marks.js';
import { findDrawdown } from '../../risk/max-drawdown.js';
import { bookKeyOf, type TradingParts } from '../parts/trading-parts.js';

/** Halts trading when the value of the books has fallen to a limit: until a person resumes, or for the day. */
export async function watchEquity(parts: TradingParts, point: EquityPoint): Promise<void> {
  const { rules, equityMarks, halts } = parts;
  // Work that was under way meanwhile must not halt again by what a person has just let pass.
  if (halts.isResumed) return;
  const facts = equityMarks.factsAt(point);
  const known = new Set(halts.list(point.at).map(({ cause }) => cause));
  const drawdown = findDrawdown(facts, rules.risk);
  if (drawdown !== undefined && !known.has('drawdown')) {
    await halt(parts, point, { cause: 'drawdown', reason: drawdown, until: undefined });
  }
  const loss = findDailyLoss(facts, rules.risk);
  if (loss !== undefined && !known.has('daily_loss')) {
    await halt(parts, point, { cause: 'daily_loss', reason: loss, until: nextDayOf(point.at) });
  }
}

async function halt(
  parts: TradingParts,
  { at }: EquityPoint,
  { cause, reason, until }: Pick<Halt, 'cause' | 'reason' | 'until'>,
): Promise<void> {
  const { venue, account } = bookKeyOf(parts.rules);
  const made: Halt = {
    uid: parts.newUid(),
    venue,
    account,
    cause,
    reason,
    author: 'daemon',
    haltedAt: at,
    until,
    isCloseAll: false,
    resumedAt: undefined,
    resumedBy: undefined,
  };
  await parts.ledger.store({ halted: made });
  parts.halts.add(made);
  const ends =
    until === undefined ? 'until a person resumes' : `until ${new Date(until).toISOString()}`;
  parts.logger.error(`No position is opened ${ends}; exits go on`, { reason });
}

/** Whether a value is stored: once a bar, and whenever the cash has changed. */
export function isWorthKeeping(
  point: EquityPoint,
  last: EquityPoint | undefined,
  { timeframe }: TradingRules,
): boolean {
  if (last === undefined) return true;
  if (point.at <= last.at) return false;
  if (dayStartOf(point.at) > dayStartOf(last.at)) return true;
  return !point.cash.eq(last.cash) || barIndex(point.at, timeframe) > barIndex(last.at, timeframe);
}
