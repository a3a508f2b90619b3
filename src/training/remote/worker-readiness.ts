import { isAlive } from '../../domain/queue-worker.js';
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
    const { stores, clock, venue } = this.#options;
    const workers = await stores.workers.list(venue);
    const alive = workers.filter(isAlive);
    const refused = workers.find(
      ({ status, silentMs }) => status === 'refused' && silentMs < SHOWN_REFUSAL_MS,
    );
    this.#lanes = Math.max(
      1,
      alive.reduce((sum, { concurrency }) => sum + concurrency, 0),
    );
    this.#last =
      alive.length > 0
        ? { status: 'ready' }
        : {
            status: 'not_ready',
            message: refused?.reason ?? 'no worker works on the queue',
            fix: 'start one: npm run worker',
            nextCheckAt: clock.wallMs() + RECHECK_MS,
          };
    return this.#last;
  }

  /** Nothing is kept: each `find` looks. */
  recheck(): void {
    return;
  }

  stop(): void {
    return;
  }
}
