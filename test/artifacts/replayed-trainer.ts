import { cp, mkdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type {
  TrainerDone,
  TrainerOutcome,
} from '../../src/training/trainer-process/trainer-outcome.js';
import type { Trainer } from '../../src/training/trainer-process/trainer-pool.js';

const OUTCOME = 'outcome.json';
const OUTPUT = 'output';

/** Trains, and keeps what came of the first job, so that others need no Python for the same one. */
export class RecordingTrainer implements Trainer {
  readonly #trainer: Trainer;
  readonly #folder: string;

  constructor(trainer: Trainer, folder: string) {
    this.#trainer = trainer;
    this.#folder = folder;
  }

  async run(...[job, options]: Parameters<Trainer['run']>): Promise<TrainerOutcome> {
    const outcome = await this.#trainer.run(job, options);
    if (outcome.status !== 'done') return outcome;
    await mkdir(this.#folder, { recursive: true });
    await cp(outcome.outputDir, path.join(this.#folder, OUTPUT), { recursive: true });
    await writeFile(path.join(this.#folder, OUTCOME), JSON.stringify(outcome));
    return outcome;
  }

  stop(): Promise<void> {
    return this.#trainer.stop();
  }
}

/** Brings what was recorded, as a fit of the same rows would. */
export class ReplayedTrainer implements Trainer {
  readonly #folder: string;

  constructor(folder: string) {
    this.#folder = folder;
  }

  async run(...[job]: Parameters<Trainer['run']>): Promise<TrainerOutcome> {
    const text = await readFile(path.join(this.#folder, OUTCOME), 'utf8');
    const outcome = JSON.parse(text) as TrainerDone;
    await cp(path.join(this.#folder, OUTPUT), job.outputDir, { recursive: true });
    return { ...outcome, outputDir: job.outputDir };
  }

  async stop(): Promise<void> {
    return;
  }
}
