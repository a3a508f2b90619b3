import type { Clock } from '../lib/clock.js';
import { messageOf, TransientError } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { sharedRead } from '../lib/shared-read.js';

export type HealthStatus = 'ok' | 'degraded' | 'failing';

/** One part of the daemon, as ill as the worst finding about it. */
export interface HealthCheck {
  readonly name: string;
  readonly status: HealthStatus;
  /** For a person. */
  readonly message: string;
}

/** One way in which the daemon does less than it was asked for, at this moment. */
export interface HealthFinding {
  /** Name of the rule. */
  readonly id: string;
  readonly check: string;
  readonly level: Exclude<HealthStatus, 'ok'>;
  /** What is wrong, with the names and figures of this moment. */
  readonly message: string;
  /** What a person does about it. */
  readonly fix: string;
  /** Wall time. */
  readonly since: number;
  /** True for a state that every start passes through. */
  readonly isExpected: boolean;
}

export interface Health {
  readonly status: HealthStatus;
  readonly checks: readonly HealthCheck[];
  /** Worst first. */
  readonly findings: readonly HealthFinding[];
}

/** A row of the table of everything that may be wrong. */
export interface HealthRule<Facts> {
  /** Names the rule in the API, in metrics and in tests. */
  readonly id: string;
  readonly check: string;
  /** `failing`: decisions cannot be made or protected. `degraded`: it works, with something missing. */
  readonly level: Exclude<HealthStatus, 'ok'>;
  readonly fix: string;
  readonly isExpected?: boolean;
  /** Wall time for which it may hold before it counts. */
  readonly graceMs?: number;
  /** Answers quickly; undefined while the rule does not hold. */
  readonly find: (facts: Facts) => RuleMatch | undefined | Promise<RuleMatch | undefined>;
}

/** That a rule holds now. */
export interface RuleMatch {
  readonly message: string;
  /** Wall time since when it holds, where the source knows it. */
  readonly since?: number | undefined;
  /** In place of the rule's own. */
  readonly fix?: string | undefined;
}

export interface HealthReporterOptions<Facts> {
  /** Parts of the daemon in the order in which they are shown, each with what is said while it is well. */
  readonly checks: Readonly<Record<string, (facts: Facts) => string>>;
  readonly rules: readonly HealthRule<Facts>[];
  readonly readFacts: () => Promise<Facts>;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Many ask at once: monitors, the page, metrics. */
const MAX_AGE_MS = 1000;
/** So that it is known since when a rule holds although nobody asked. */
const WATCH_INTERVAL_MS = 30_000;

/** Names the finding that there are no others to see. */
const UNREADABLE = 'health_unreadable';

const RANK: Record<HealthStatus, number> = { ok: 0, degraded: 1, failing: 2 };

/** Evaluates the rules and remembers since when each one holds. */
export class HealthReporter<Facts> {
  readonly #options: HealthReporterOptions<Facts>;
  readonly #heldSince = new Map<string, number>();
  readonly #stopping = new AbortController();
  readonly read: () => Promise<Health>;
  #watching: Promise<void> | undefined;

  constructor(options: HealthReporterOptions<Facts>) {
    this.#options = options;
    const { clock } = options;
    this.read = sharedRead(() => this.#tryEvaluate(), { clock, maxAgeMs: MAX_AGE_MS });
  }

  start(): void {
    this.#watching ??= this.#watch();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
  }

  async #watch(): Promise<void> {
    const { signal } = this.#stopping;
    const isOver = (): boolean => signal.aborted;
    while (!isOver()) {
      await this.read();
      await this.#options.clock.sleep(WATCH_INTERVAL_MS, signal).catch(() => undefined);
    }
  }

  /** Health that cannot be read is ill, and said to be: an error in place of an answer would hide what else is known. */
  async #tryEvaluate(): Promise<Health> {
    try {
      const health = await this.#evaluate();
      this.#heldSince.delete(UNREADABLE);
      return health;
    } catch (error) {
      const message = `health cannot be read: ${messageOf(error)}`;
      const since = this.#heldSince.get(UNREADABLE) ?? this.#options.clock.wallMs();
      if (!this.#heldSince.has(UNREADABLE)) this.#options.logger.error(message, { error });
      this.#heldSince.set(UNREADABLE, since);
      return toUnreadable(message, since);
    }
  }

  async #evaluate(): Promise<Health> {
    const { rules, checks, readFacts } = this.#options;
    const facts = await readFacts();
    const found = await Promise.all(rules.map((rule) => this.#apply(rule, facts)));
    const findings = found
      .filter((finding) => finding !== undefined)
      .sort((one, other) => RANK[other.level] - RANK[one.level]);
    const [worst] = findings;
    return {
      status: worst?.level ?? 'ok',
      checks: Object.entries(checks).map(([name, describe]) =>
        toCheck(
          name,
          findings.filter(({ check }) => check === name),
          () => describe(facts),
        ),
      ),
      findings,
    };
  }

  async #apply(rule: HealthRule<Facts>, facts: Facts): Promise<HealthFinding | undefined> {
    const match = await matchRule(rule, facts);
    if (match === undefined) {
      this.#heldSince.delete(rule.id);
      return undefined;
    }
    const nowMs = this.#options.clock.wallMs();
    // A clock that was set back must not leave a beginning in the future.
    const since = Math.min(match.since ?? this.#heldSince.get(rule.id) ?? nowMs, nowMs);
    this.#heldSince.set(rule.id, since);
    if (nowMs - since < (rule.graceMs ?? 0)) return undefined;
    const { id, check, level, isExpected = false } = rule;
    return {
      id,
      check,
      level,
      message: match.message,
      fix: match.fix ?? rule.fix,
      since,
      isExpected,
    };
  }
}

function toUnreadable(message: string, since: number): Health {
  const finding: HealthFinding = {
    id: UNREADABLE,
    check: 'health',
    level: 'failing',
    message,
    fix: 'restart the daemon and keep its log: this is a defect',
    since,
    isExpected: false,
  };
  const check = { name: 'health', status: 'failing', message } as const;
  return { status: 'failing', checks: [check], findings: [finding] };
}

/** A rule that cannot be checked counts as held, unless the database is lost: that is a rule of its own. */
async function matchRule<Facts>(
  rule: HealthRule<Facts>,
  facts: Facts,
): Promise<RuleMatch | undefined> {
  try {
    return await rule.find(facts);
  } catch (error) {
    return error instanceof TransientError ? undefined : { message: messageOf(error) };
  }
}

function toCheck(
  name: string,
  findings: readonly HealthFinding[],
  describe: () => string,
): HealthCheck {
  const [worst] = findings;
  if (worst === undefined) return { name, status: 'ok', message: describe() };
  return { name, status: worst.level, message: findings.map(({ message }) => message).join('; ') };
}
