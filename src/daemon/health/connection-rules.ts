import { messageOf } from '../../lib/errors.js';
import type { RuleMatch } from '../../monitoring/health.js';
import { carryOverText } from '../open-storage.js';
import { GUARD } from '../../monitoring/fault-board.js';
import {
  FAULT_GRACE_MS,
  matchNames,
  whileActive,
  type ActivePhase,
  type DaemonHealthRule,
  type HealthFacts,
} from './health-facts.js';

/** A daemon that only begins is given this long before what is missing counts as a failure. */
const START_GRACE_MS = 180_000;
/** A request may fail for this long before that is worth knowing. */
const BRIEF_TROUBLE_MS = 60_000;
/** Prices may fail for this long before the venue counts as gone. */
const VENUE_GRACE_MS = 120_000;

/** The loop, the database and the venue: without them no decision is made. */
export const CONNECTION_RULES: readonly DaemonHealthRule[] = [
  {
    id: 'loop_silent',
    check: 'loop',
    level: 'failing',
    fix: 'restart the daemon and keep its log: no cycle takes this long',
    find: whileActive(({ loopWatch }, { nowMs }) => {
      if (loopWatch.isAlive()) return undefined;
      const silenceMs = loopWatch.silenceMs();
      const message = `no cycle for ${Math.round(silenceMs / 1000)} s`;
      return { message, since: nowMs - silenceMs };
    }),
  },
  {
    id: 'jobs_failing',
    check: 'loop',
    level: 'degraded',
    graceMs: FAULT_GRACE_MS,
    fix: 'mend the reason; the log has more. What is not repeated any more begins again with a restart',
    find: findFailingJobs,
  },
  {
    id: 'database_lost',
    check: 'database',
    level: 'failing',
    fix: 'start the database server, or bring the database file back',
    find: ({ phase: { databaseWatch, stores, runUid } }) =>
      databaseWatch
        .whileAnswering(() => stores.runs.find(runUid))
        .then(
          (run) => (run === undefined ? { message: 'this run is not in the database' } : undefined),
          (error: unknown) => ({ message: messageOf(error) }),
        ),
  },
  {
    id: 'database_fallback',
    check: 'database',
    level: 'degraded',
    fix: 'mend the server or the MYSQL_ settings, then restart',
    find: ({ phase: { fallbackReason, startedAt } }) =>
      fallbackReason === undefined
        ? undefined
        : { message: `on SQLite, because ${fallbackReason}`, since: startedAt },
  },
  {
    id: 'database_not_carried_over',
    check: 'database',
    level: 'degraded',
    fix: 'run: npm run migrate:mysql',
    find: ({ phase: { notCarriedOver } }) =>
      notCarriedOver === undefined
        ? undefined
        : { message: carryOverText(notCarriedOver), since: Date.parse(notCarriedOver) },
  },
  {
    id: 'exchange_connecting',
    check: 'exchange',
    level: 'degraded',
    isExpected: true,
    fix: 'wait; if it lasts, check EXCHANGE, EXCHANGE_BASE_URL and the network',
    find: (facts) => (isYoung(facts) ? findUnconnected(facts) : undefined),
  },
  {
    id: 'exchange_unreachable',
    check: 'exchange',
    level: 'failing',
    fix: 'check EXCHANGE, EXCHANGE_BASE_URL and the network; the venue may be down or refuse this machine',
    find: (facts) =>
      isYoung(facts) ? undefined : (findUnconnected(facts) ?? findVenueLoss(facts)),
  },
  {
    id: 'exchange_troubled',
    check: 'exchange',
    level: 'degraded',
    fix: 'look at the reason: a ban ends by itself, a refusal needs another network or venue',
    find: findTrouble,
  },
  {
    id: 'prices_failing',
    check: 'exchange',
    level: 'degraded',
    fix: 'wait; if it lasts, check the network and the status page of the venue',
    find: whileActive((phase, { nowMs }) => {
      const failure = findPriceFailure(phase, nowMs);
      return failure !== undefined && failure.lastsMs <= VENUE_GRACE_MS ? failure : undefined;
    }),
  },
];

function findFailingJobs({ phase }: HealthFacts): RuleMatch | undefined {
  return matchNames(
    phase.faults
      .list()
      .filter(({ name }) => name !== GUARD)
      .map(({ name, reason }) => `${name} (${reason})`),
    (names) => `the newest run failed of ${names}`,
  );
}

/** Whether the daemon began only a moment ago. */
export function isYoung({ phase, nowMs }: HealthFacts): boolean {
  return nowMs - phase.startedAt < START_GRACE_MS;
}

function findUnconnected({ phase }: HealthFacts): RuleMatch | undefined {
  if (phase.name !== 'starting' && phase.name !== 'connecting') return undefined;
  const venue = phase.name === 'starting' ? phase.settings.exchange : phase.market.data.venue;
  return { message: `${venue} has not answered yet; trying again`, since: phase.startedAt };
}

/** Requests fail now and then; a refusal, or what lasts, is worth knowing. */
function findTrouble({ phase, nowMs }: HealthFacts): RuleMatch | undefined {
  if (phase.name === 'starting') return undefined;
  const { trouble, venue } = phase.market.data;
  if (trouble === undefined) return undefined;
  const { isRefused, reason, since } = trouble;
  if (!isRefused && nowMs - since < BRIEF_TROUBLE_MS) return undefined;
  const again = isRefused ? 'asked again only every five minutes' : 'trying again';
  return { message: `${venue}: ${reason}; ${again}`, since };
}

function findVenueLoss({ phase, nowMs }: HealthFacts): RuleMatch | undefined {
  if (phase.name !== 'active') return undefined;
  const failure = findPriceFailure(phase, nowMs);
  return failure !== undefined && failure.lastsMs > VENUE_GRACE_MS ? failure : undefined;
}

/** Prices are asked for in every cycle, so they show first that a venue does not answer. */
function findPriceFailure(
  { collector, market }: ActivePhase,
  nowMs: number,
): (RuleMatch & { readonly lastsMs: number }) | undefined {
  const { failure } = collector.quotes;
  if (failure === undefined) return undefined;
  const lastsMs = nowMs - failure.since;
  const seconds = Math.round(lastsMs / 1000);
  const message = `${market.data.venue} has given no prices for ${seconds} s: ${failure.reason}`;
  return { message, since: failure.since, lastsMs };
}
