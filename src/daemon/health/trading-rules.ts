import { findEntryFreeze } from '../phases.js';
import { UNPRICED_CHOICES } from '../../trading/positions/unpriced-positions.js';
import type { RuleMatch } from '../../monitoring/health.js';
import { GUARD } from '../../monitoring/fault-board.js';
import {
  FAULT_GRACE_MS,
  isWaiting,
  matchNames,
  whileActive,
  type DaemonHealthRule,
  type HealthFacts,
} from './health-facts.js';

/** An exchange may not answer for this long, wall time, before that is worth knowing. */
const ACCOUNT_GRACE_MS = 120_000;

/** Whether this daemon trades, and may open positions. */
export const TRADING_RULES: readonly DaemonHealthRule[] = [
  {
    id: 'trading_waiting',
    check: 'trading',
    level: 'degraded',
    isExpected: true,
    fix: 'nothing: this daemon takes over when the other one ends',
    find: findStandby,
  },
  {
    id: 'trading_halted',
    check: 'trading',
    level: 'degraded',
    fix: 'look at the reason; then run: npm run resume',
    find: findHalt,
  },
  {
    id: 'entries_frozen',
    check: 'trading',
    level: 'degraded',
    fix: 'mend the cause; open positions are guarded meanwhile',
    find: findFrozenEntries,
  },
  {
    id: 'orders_unknown',
    check: 'trading',
    level: 'degraded',
    fix: 'nothing at first: the exchange is asked by itself; nothing is bought in these symbols meanwhile',
    find: findUnknownOrders,
  },
  {
    id: 'account_unread',
    check: 'trading',
    level: 'failing',
    graceMs: ACCOUNT_GRACE_MS,
    fix: 'look at the reason: a key that expired or was revoked needs another one, an outage ends by itself; npm run live:check tries all of it',
    find: findAccountFault,
  },
  {
    id: 'positions_unpriced',
    check: 'trading',
    level: 'failing',
    fix: UNPRICED_CHOICES,
    find: findUnpriced,
  },
  {
    id: 'positions_unsold',
    check: 'trading',
    level: 'failing',
    graceMs: FAULT_GRACE_MS,
    fix: 'look at the exchange what keeps it from being sold, or sell it there: the books follow the account',
    find: findUnsold,
  },
  {
    id: 'positions_unguarded',
    check: 'trading',
    level: 'failing',
    graceMs: FAULT_GRACE_MS,
    fix: 'mend the reason: stops, targets and holding times are not checked meanwhile',
    find: whileActive(({ faults }) => {
      const reason = faults.get(GUARD);
      return reason === undefined ? undefined : { message: `quotes cannot be acted on: ${reason}` };
    }),
  },
  {
    id: 'decisions_failing',
    check: 'trading',
    level: 'degraded',
    graceMs: FAULT_GRACE_MS,
    fix: 'mend the reason: the newest candle is decided on once it is gone, if it is not too late',
    find: whileActive(({ pipeline }) => {
      const names = pipeline.undecided.map(
        ({ series, reason }) => `${series.symbol} ${series.timeframe} (${reason})`,
      );
      return matchNames(names, (shown) => `no decision on the newest candle of ${shown}`);
    }),
  },
  {
    id: 'books_uncertain',
    check: 'trading',
    level: 'degraded',
    fix: 'look at the orders and positions that are named',
    find: ({ phase }) =>
      matchNames('trading' in phase ? phase.trading.status().warnings : [], (warnings) => warnings),
  },
];

function findUnknownOrders({ phase }: HealthFacts): RuleMatch | undefined {
  const count = 'trading' in phase ? phase.trading.status().unknownOrders : 0;
  if (count === 0) return undefined;
  return { message: `${count} orders: the exchange has not said yet what became of them` };
}

function findAccountFault({ phase }: HealthFacts): RuleMatch | undefined {
  const fault = 'trading' in phase ? phase.trading.accountFault() : undefined;
  return fault && { message: `the account cannot be read: ${fault.reason}`, since: fault.since };
}

function findStandby({ phase }: HealthFacts): RuleMatch | undefined {
  if (!('trading' in phase)) return isWaiting(phase) ? { message: 'not started yet' } : undefined;
  const { state, leaseHolder } = phase.trading.status();
  if (state === 'active') return undefined;
  return { message: `${state}: ${leaseHolder ?? 'another'} holds the lease` };
}

function findUnpriced({ phase }: HealthFacts): RuleMatch | undefined {
  const unpriced = 'trading' in phase ? phase.trading.unpricedPositions() : [];
  const names = unpriced.map(
    ({ uid, symbol, since }) => `${symbol} (${uid}) since ${toIso(since)}`,
  );
  return matchNames(names, (shown) => `no price for what is held: ${shown}`);
}

function findUnsold({ phase }: HealthFacts): RuleMatch | undefined {
  const refused = 'trading' in phase ? phase.trading.refusedPositions() : [];
  const names = refused.map(({ symbol, reason }) => `${symbol} (${reason})`);
  const match = matchNames(names, (shown) => `what is to be sold is not taken: ${shown}`);
  return match && { message: match.message, since: Math.min(...refused.map(({ since }) => since)) };
}

function findHalt({ phase }: HealthFacts): RuleMatch | undefined {
  const halt = 'trading' in phase ? phase.trading.status().halt : undefined;
  if (halt === undefined) return undefined;
  const { cause, reason, author, until } = halt;
  const ends =
    until === undefined ? 'No position is opened' : `No position is opened until ${toIso(until)}`;
  const message = `${ends}: ${reason} (${author})`;
  if (cause === 'file') return { message, fix: 'delete the file' };
  return until === undefined
    ? { message }
    : { message, fix: 'nothing, or to end it earlier: npm run resume' };
}

function toIso(timeMs: number): string {
  return new Date(timeMs).toISOString();
}

function findFrozenEntries({ phase }: HealthFacts): RuleMatch | undefined {
  const freeze = 'trading' in phase ? phase.trading.status().entryFreeze : findEntryFreeze(phase);
  return freeze === undefined ? undefined : { message: `No position is opened: ${freeze}` };
}
