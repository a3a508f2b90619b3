import { findEntryFreeze } from '../phases.js';
import { UNPRICED_CHOICES } from '../../trading/unpriced-positions.js';
import type { RuleMatch } from '../../monitoring/health.js';
import { isWaiting, matchNames, type DaemonHealthRule, type HealthFacts } from './health-facts.js';

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
    id: 'entries_frozen',
    check: 'trading',
    level: 'degraded',
    fix: 'mend the cause; open positions are guarded meanwhile',
    find: findFrozenEntries,
  },
  {
    id: 'positions_unpriced',
    check: 'trading',
    level: 'failing',
    fix: UNPRICED_CHOICES,
    find: findUnpriced,
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

function findStandby({ phase }: HealthFacts): RuleMatch | undefined {
  if (!('trading' in phase)) return isWaiting(phase) ? { message: 'not started yet' } : undefined;
  const { state, leaseHolder } = phase.trading.status();
  if (state === 'active') return undefined;
  return { message: `${state}: ${leaseHolder ?? 'another'} holds the lease` };
}

function findUnpriced({ phase }: HealthFacts): RuleMatch | undefined {
  const unpriced = 'trading' in phase ? phase.trading.unpricedPositions() : [];
  const names = unpriced.map(
    ({ uid, symbol, since }) => `${symbol} (${uid}) since ${new Date(since).toISOString()}`,
  );
  return matchNames(names, (shown) => `no price for what is held: ${shown}`);
}

function findFrozenEntries({ phase }: HealthFacts): RuleMatch | undefined {
  const freeze = 'trading' in phase ? phase.trading.status().entryFreeze : findEntryFreeze(phase);
  return freeze === undefined ? undefined : { message: `No position is opened: ${freeze}` };
}
