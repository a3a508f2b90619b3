import type { RuleMatch } from '../../monitoring/health.js';
import { matchNames, type DaemonHealthRule, type HealthFacts } from './health-facts.js';

/** A receiver may be away for this long, wall time, before that is worth knowing. */
const BRIEF_MS = 60_000;

/** Whether people can be told. */
export const NOTIFICATION_RULES: readonly DaemonHealthRule[] = [
  {
    id: 'notifications_failing',
    check: 'notifications',
    level: 'degraded',
    graceMs: BRIEF_MS,
    fix: 'mend the receiver or the NOTIFY_ settings, then run: npm run notify:test; what waits is sent then',
    find: findFaults,
  },
];

function findFaults({ phase }: HealthFacts): RuleMatch | undefined {
  const faults = phase.notifications.faults();
  const names = faults.map(
    ({ channel, reason, waiting }) => `${channel} (${reason}; ${waiting} wait)`,
  );
  const match = matchNames(names, (shown) => `notifications cannot be sent by ${shown}`);
  return match && { message: match.message, since: Math.min(...faults.map(({ since }) => since)) };
}
