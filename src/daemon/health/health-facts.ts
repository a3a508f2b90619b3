import type { CollectionStatus } from '../../collection/collection-status.js';
import type { Collector } from '../../collection/collector.js';
import type { ModelCensus } from '../../models/model-census.js';
import type { HealthRule, RuleMatch } from '../../monitoring/health.js';
import type { DaemonPhase } from '../phases.js';

/** What the rules look at. */
export interface HealthFacts {
  readonly phase: DaemonPhase;
  /** Wall time. */
  readonly nowMs: number;
  /** Which of the wanted models may serve; undefined while that cannot be known. */
  readonly census: ModelCensus | undefined;
  /** Read once for all rules, because it goes over every series; undefined while nothing is collected. */
  readonly collection: CollectionStatus | undefined;
}

/** Facts of a daemon that collects. */
export interface CollectingFacts extends HealthFacts {
  readonly phase: Extract<DaemonPhase, { readonly collector: Collector }>;
  readonly collection: CollectionStatus;
}

export function isCollecting(facts: HealthFacts): facts is CollectingFacts {
  return facts.collection !== undefined;
}

export type DaemonHealthRule = HealthRule<HealthFacts>;

export type ActivePhase = Extract<DaemonPhase, { readonly name: 'active' }>;

/** Whether the daemon does not work yet, or stands by. */
export function isWaiting({ name }: DaemonPhase): boolean {
  return name === 'starting' || name === 'connecting' || name === 'standby';
}

/** A rule about what only the active daemon does. */
export function whileActive(
  find: (phase: ActivePhase, facts: HealthFacts) => ReturnType<DaemonHealthRule['find']>,
): DaemonHealthRule['find'] {
  return (facts) => (facts.phase.name === 'active' ? find(facts.phase, facts) : undefined);
}

/** Matches where there are names, and tells how many there are beyond the first. */
export function matchNames(
  names: readonly string[],
  toMessage: (names: string) => string,
): RuleMatch | undefined {
  if (names.length === 0) return undefined;
  const shown = names.slice(0, MAX_NAMES).join(', ');
  const rest = names.length - MAX_NAMES;
  return { message: toMessage(rest > 0 ? `${shown} and ${rest} more` : shown) };
}

const MAX_NAMES = 5;
/** What failed once may succeed the next time, which comes within this. */
export const FAULT_GRACE_MS = 60_000;
