import type { Clock } from '../../lib/clock.js';
import type { Logger } from '../../lib/logger.js';
import type { PythonCheck } from '../trainer-process/check-python.js';
import { findAbility, type Ability, type TrainerNeeds } from '../trainer-process/find-ability.js';
import { TrainerReadiness } from '../trainer-process/trainer-readiness.js';

/** A Python that cannot train is looked at again this often. */
const RECHECK_SEC = 60;
const NOTHING: Ability = {
  bots: [],
  lack: 'its Python was not looked at yet',
  accelerator: undefined,
};

export interface WorkerAbilityOptions {
  readonly python: string;
  readonly checkPython: (signal: AbortSignal) => Promise<PythonCheck>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Ends a check. */
  readonly signal: AbortSignal;
}

/** What a worker can train, while packages of its Python come and go. */
export class WorkerAbility {
  readonly readiness: TrainerReadiness;
  #check: PythonCheck | undefined;

  constructor({ python, checkPython, clock, logger, signal }: WorkerAbilityOptions) {
    this.readiness = new TrainerReadiness({
      python,
      clock,
      signal,
      recheckSec: RECHECK_SEC,
      check: async (ending) => (this.#check = await checkPython(ending)),
      onUnusable: ({ message, fix }) =>
        logger.warn(`[TRAIN] Cannot train: ${message}. To mend it, ${fix}`),
    });
  }

  /** Runs Python only where it may have changed; that takes seconds. */
  async find(needs: TrainerNeeds): Promise<Ability> {
    await this.readiness.find();
    return this.#check === undefined ? NOTHING : findAbility(this.#check, needs);
  }
}
