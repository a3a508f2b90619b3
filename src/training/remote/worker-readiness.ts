import { findUntrainable, isAlive, type SeenWorker } from '../../domain/queue-worker.js';
import type { Clock } from '../../lib/clock.js';
import type { Stores } from '../../storage/stores.js';
import type { Readiness } from '../trainer-process/trainer-readiness.js';

const RECHECK_MS = 5_000;
/** A refusal is the reason to name for that long. */
const SHOWN_REFUSAL_MS = 600_000;

export interface WorkerReadinessOptions {
  readonly stores: Pick<Stores, 'workers'>;
  readonly clock: Clock;
  readonly venue: string;
  /** Of the daemon. */
  readonly bots: readonly string[];
}

/** Whether anybody works off a venue's queue. */
export class WorkerReadiness {
  #last: Readiness | undefined;
  #lanes = 1;
  readonly #options: WorkerReadinessOptions;

  constructor(options: WorkerReadinessOptions) {
    this.#options = options;
  }

  /** Jobs at a time of all workers together, when last looked; at least one. */
  get lanes(): number {
    return this.#lanes;
  }

  get last(): Readiness | undefined {
    return this.#last;
  }

  async find(): Promise<Readiness> {
    const { stores, venue } = this.#options;
    const workers = await stores.workers.list(venue);
    const alive = workers.filter(isAlive);
    this.#lanes = Math.max(
      1,
      alive.reduce((sum, { concurrency }) => sum + concurrency, 0),
    );
    this.#last = alive.length > 0 ? this.#judge(alive) : this.#withoutAny(workers);
    return this.#last;
  }

  #withoutAny(workers: readonly SeenWorker[]): Readiness {
    const refused = workers.find(
      ({ status, silentMs }) => status === 'refused' && silentMs < SHOWN_REFUSAL_MS,
    );
    const message = refused?.reason ?? 'no worker works on the queue';
    return this.#notReady(message, 'start one: npm run worker');
  }

  /** Jobs of a bot that none of them can train wait for one that can. */
  #judge(alive: readonly SeenWorker[]): Readiness {
    const { bots } = this.#options;
    const { bots: missed, reasons } = findUntrainable(bots, alive);
    if (missed.length === 0) return { status: 'ready' };
    const message = [`no worker can train ${missed.join(', ')}`, reasons[0]].join('; ');
    const fix =
      'mend a worker, or start one that can train it; GET /api/workers has what each lacks';
    if (missed.length === bots.length) return this.#notReady(message, fix);
    return { status: 'ready', lack: { bots: missed, message, fix } };
  }

  #notReady(message: string, fix: string): Readiness {
    const nextCheckAt = this.#options.clock.wallMs() + RECHECK_MS;
    return { status: 'not_ready', message, fix, nextCheckAt };
  }

  /** Nothing is kept: each `find` looks. */
  recheck(): void {
    return;
  }

  stop(): void {
    return;
  }
}
