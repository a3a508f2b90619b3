import { SystemClock } from '../../src/lib/clock.js';
import { failed, type TrainerOutcome } from '../../src/training/trainer-process/trainer-outcome.js';
import type { Trainer } from '../../src/training/trainer-process/trainer-pool.js';

const FAILED = failed('internal', 'as the test wants');
const CANCELLED = failed('cancelled', 'aborted');

/** Holds each job until the test lets it fail, or its signal aborts. */
export class HoldingTrainer implements Trainer {
  readonly begun: string[] = [];
  private release: () => void = () => undefined;

  async run(...[job, options]: Parameters<Trainer['run']>): Promise<TrainerOutcome> {
    this.begun.push(job.uid);
    return new Promise((resolve) => {
      this.release = () => resolve(FAILED);
      options?.signal?.addEventListener('abort', () => resolve(CANCELLED), { once: true });
    });
  }

  let(): void {
    this.release();
  }

  async stop(): Promise<void> {
    this.release();
  }
}

/** Looks until there is something. */
export async function until<T>(probe: () => Promise<T | undefined> | T | undefined): Promise<T> {
  const clock = new SystemClock();
  for (let round = 0; round < 4_500; round++) {
    const found = await probe();
    if (found !== undefined && found !== false) return found;
    await clock.sleep(20);
  }
  throw new Error('waited too long');
}
