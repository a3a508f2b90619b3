import PQueue from 'p-queue';
import type { Logger } from '../../lib/logger.js';
import type { RunOptions, TrainerProcess } from './trainer-process.js';
import type { TrainerOutcome } from './trainer-outcome.js';

export type Trainer = Pick<TrainerProcess, 'run' | 'stop'>;
type AnyJob = Parameters<Trainer['run']>[0];

/** Jobs in a row that fitted beside each other, after which one more trainer works again. */
const CALM_JOBS = 20;

export interface TrainerPoolOptions {
  /** Most trainers at a time. */
  readonly size: number;
  /** Resident memory of all trainers together, in MB of 2^20 bytes. */
  readonly memoryLimitMb: number;
  readonly create: () => Trainer;
  readonly logger: Logger;
}

/** One trainer and what it does. */
interface Seat {
  /** Made with its first job. */
  trainer: Trainer | undefined;
  heldMb: number;
  work: { readonly turn: number; readonly giveWay: AbortController } | undefined;
}

/**
 * Trainers side by side, each with one job at a time; further jobs wait in the order in which they come. Together
 * they keep to one memory limit: an idle trainer is ended first, then the job that began last gives way. It runs
 * again, with one trainer fewer at work, so that no job fails because of its neighbour.
 */
export class TrainerPool implements Trainer {
  readonly #options: TrainerPoolOptions;
  readonly #turns: PQueue;
  readonly #seats: readonly Seat[];
  #ending: Promise<unknown> = Promise.resolve();
  #jobsBegun = 0;
  #calmJobs = 0;

  constructor(options: TrainerPoolOptions) {
    this.#options = options;
    this.#turns = new PQueue({ concurrency: options.size });
    this.#seats = Array.from({ length: options.size }, () => ({
      trainer: undefined,
      heldMb: 0,
      work: undefined,
    }));
  }

  async run(job: AnyJob, options: RunOptions = {}): Promise<TrainerOutcome> {
    // Bounded: each time one trainer fewer works, and the last one gives way to nobody.
    for (let priority = 0; ; priority = 1) {
      const outcome = await this.#turns.add(() => this.#runOnce(job, options), { priority });
      if (outcome !== 'gave way') return outcome;
    }
  }

  /** Kills all trainers; resolves when they are gone. */
  async stop(): Promise<void> {
    await Promise.all(this.#seats.map(async ({ trainer }) => trainer?.stop()));
    await this.#ending;
  }

  async #runOnce(job: AnyJob, options: RunOptions): Promise<TrainerOutcome | 'gave way'> {
    const seat = this.#findSeat();
    const giveWay = new AbortController();
    seat.work = { turn: ++this.#jobsBegun, giveWay };
    seat.trainer ??= this.#options.create();
    const { signal } = options;
    try {
      const outcome = await seat.trainer.run(job, {
        ...options,
        signal: signal === undefined ? giveWay.signal : AbortSignal.any([signal, giveWay.signal]),
        onMemory: (rssMb) => this.#keepToLimit(seat, rssMb),
        threads: this.#countFree(),
      });
      if (!giveWay.signal.aborted) this.#countCalm();
      const hasGivenWay = giveWay.signal.aborted && isCancelled(outcome);
      if (hasGivenWay) seat.heldMb = 0;
      return hasGivenWay && signal?.aborted !== true ? 'gave way' : outcome;
    } finally {
      seat.work = undefined;
    }
  }

  /** Trainers that may work and do not, with the one whose job begins. */
  #countFree(): number {
    return Math.max(1, this.#turns.concurrency - this.#turns.pending + 1);
  }

  /** A free one, that has a trainer already if there is such a one. */
  #findSeat(): Seat {
    const free = this.#seats.filter(({ work }) => work === undefined);
    const seat = free.find(({ trainer }) => trainer !== undefined) ?? free[0];
    if (seat === undefined) throw new Error('Broken invariant: more jobs than trainers');
    return seat;
  }

  #keepToLimit(seat: Seat, rssMb: number): void {
    seat.heldMb = rssMb;
    if (this.#heldMb() > this.#options.memoryLimitMb) this.#endIdle();
    const heldMb = this.#heldMb();
    if (heldMb <= this.#options.memoryLimitMb) return;
    const [last, ...others] = this.#seats
      .flatMap(({ work }) => (work === undefined || work.giveWay.signal.aborted ? [] : [work]))
      .toSorted((a, b) => b.turn - a.turn);
    // One alone keeps to the limit by itself.
    if (last === undefined || others.length === 0) return;
    last.giveWay.abort();
    this.#turns.concurrency = Math.max(1, this.#turns.concurrency - 1);
    this.#calmJobs = 0;
    const { memoryLimitMb, logger } = this.#options;
    const held = `The trainers held ${heldMb.toFixed(0)} MB together, TRAIN_MEMORY_MB allows ${memoryLimitMb}`;
    const work = `${this.#turns.concurrency} of ${this.#options.size} trainers work for now`;
    logger.warn(`[TRAIN] ${held}: the job that began last runs again, ${work}`);
  }

  /** What all hold that are not about to be gone. */
  #heldMb(): number {
    return this.#seats.reduce(
      (sum, { heldMb, work }) => sum + (work?.giveWay.signal.aborted === true ? 0 : heldMb),
      0,
    );
  }

  #endIdle(): void {
    for (const seat of this.#seats) {
      if (seat.work !== undefined || seat.trainer === undefined) continue;
      this.#ending = Promise.all([this.#ending, this.#end(seat.trainer)]);
      seat.trainer = undefined;
      seat.heldMb = 0;
    }
  }

  async #end(trainer: Trainer): Promise<void> {
    try {
      await trainer.stop();
    } catch (error) {
      this.#options.logger.error('[TRAIN] An idle trainer could not be ended', { error });
    }
  }

  #countCalm(): void {
    this.#calmJobs += 1;
    if (this.#calmJobs < CALM_JOBS || this.#turns.concurrency >= this.#options.size) return;
    this.#calmJobs = 0;
    this.#turns.concurrency += 1;
  }
}

function isCancelled(outcome: TrainerOutcome): boolean {
  return outcome.status === 'failed' && outcome.code === 'cancelled';
}
