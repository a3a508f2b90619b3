import { Counter, Histogram, type Registry } from 'prom-client';
import { reasonKind } from '../domain/decision.js';
import type { Signal } from '../domain/signal.js';
import type { Clock } from '../lib/clock.js';
import type { LedgerEntry } from '../trading/books/ledger.js';

/** How an attempt at a training may end. */
const OUTCOMES = ['promoted', 'rejected', 'completed', 'failed', 'requeued', 'cancelled'];
/** Kinds of reasons that are told apart; further ones are `other`. Each is a series of its own in Prometheus. */
const MAX_REASONS = 60;
const MAX_REASON_LENGTH = 80;
/** Orders that are remembered until they are settled. */
const MAX_ORDERS = 500;

/** What this run has done, counted for Prometheus. */
export class Activity {
  readonly #clock: Clock;
  readonly #reasons = new Set<string>();
  /** Wall time of the intent of each order that is not settled. */
  readonly #intendedAt = new Map<string, number>();
  readonly #signals = new Counter({
    name: 'evenkeel_signals_total',
    help: 'Signals of this run; the reason says why the fallback answered',
    labelNames: ['source', 'reason'],
    registers: [],
  });
  readonly #decisions = new Counter({
    name: 'evenkeel_decisions_total',
    help: 'Decisions of this run by their reason, without its numbers',
    labelNames: ['action', 'reason'],
    registers: [],
  });
  readonly #trainings = new Counter({
    name: 'evenkeel_trainings_total',
    help: 'Attempts at a training that ended in this run',
    labelNames: ['outcome'],
    registers: [],
  });
  readonly #trainingSeconds = new Histogram({
    name: 'evenkeel_training_seconds',
    help: 'How long trainings took that brought a model',
    buckets: [10, 30, 60, 120, 300, 600, 1800, 3600],
    registers: [],
  });
  readonly #orderSeconds = new Histogram({
    name: 'evenkeel_order_latency_seconds',
    help: 'Wall time from the intent of an order until its end was stored',
    buckets: [0.1, 0.5, 1, 2, 5, 10, 30, 60, 300],
    registers: [],
  });

  constructor(clock: Clock) {
    this.#clock = clock;
    // From 0 on, so that the first one shows as an increase.
    for (const outcome of OUTCOMES) this.#trainings.inc({ outcome }, 0);
  }

  /** Adds the counts to what is exported. */
  register(registry: Registry): void {
    registry.registerMetric(this.#signals);
    registry.registerMetric(this.#decisions);
    registry.registerMetric(this.#trainings);
    registry.registerMetric(this.#trainingSeconds);
    registry.registerMetric(this.#orderSeconds);
  }

  noteSignal(signal: Signal): void {
    const { source } = signal;
    this.#signals.inc({ source, reason: source === 'fallback' ? signal.fallbackReason : 'none' });
  }

  noteEntry({ decision, intended, settled }: LedgerEntry): void {
    if (decision !== undefined) {
      const { action, reason, symbol } = decision;
      this.#decisions.inc({ action, reason: this.#boundedReason(reasonKind(reason, symbol)) });
    }
    const nowMs = this.#clock.wallMs();
    // A stop rests at the venue for as long as the position is held.
    if (intended !== undefined && intended.kind !== 'stop') {
      this.#intendedAt.set(intended.uid, nowMs);
      const [oldest] = this.#intendedAt.keys();
      if (this.#intendedAt.size > MAX_ORDERS && oldest !== undefined) {
        this.#intendedAt.delete(oldest);
      }
    }
    if (settled === undefined) return;
    const since = this.#intendedAt.get(settled.orderUid);
    if (since !== undefined) this.#orderSeconds.observe(Math.max(0, nowMs - since) / 1000);
    this.#intendedAt.delete(settled.orderUid);
  }

  noteTraining(outcome: string): void {
    this.#trainings.inc({ outcome });
  }

  noteDuration(durationSec: number): void {
    this.#trainingSeconds.observe(durationSec);
  }

  #boundedReason(reason: string): string {
    const short = reason.slice(0, MAX_REASON_LENGTH);
    if (this.#reasons.has(short)) return short;
    if (this.#reasons.size >= MAX_REASONS) return 'other';
    this.#reasons.add(short);
    return short;
  }
}
