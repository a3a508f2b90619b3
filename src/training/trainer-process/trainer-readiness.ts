import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../lib/clock.js';
import type { PythonCheck } from './check-python.js';

export type Readiness =
  | { readonly status: 'ready' }
  | {
      readonly status: 'not_ready';
      readonly message: string;
      /** What a person types or installs. */
      readonly fix: string;
      /** Wall time at which it is looked at again; sooner when the interpreter or its packages change. */
      readonly nextCheckAt: number;
    };

export interface TrainerReadinessOptions {
  /** Path or name of the interpreter. */
  readonly python: string;
  readonly check: () => Promise<PythonCheck>;
  readonly clock: Clock;
  /** Wall time. */
  readonly recheckSec: number;
}

const READY: Readiness = { status: 'ready' };

/**
 * Whether Python can train. The check starts an interpreter, so its answer is kept: a good one until a
 * job says otherwise, a bad one for as long as a cooldown, or until the interpreter or its packages change.
 */
export class TrainerReadiness {
  #known: Readiness | undefined;
  #checking: Promise<Readiness> | undefined;
  #identitySeen = '';

  readonly #options: TrainerReadinessOptions;

  constructor(options: TrainerReadinessOptions) {
    this.#options = options;
  }

  /** What was last found out, for status. */
  get last(): Readiness | undefined {
    return this.#known;
  }

  async find(): Promise<Readiness> {
    const identity = await this.#identifyPython();
    if (
      this.#known !== undefined &&
      identity === this.#identitySeen &&
      !this.#isOutdated(this.#known)
    ) {
      return this.#known;
    }
    this.#identitySeen = identity;
    this.#checking ??= this.#check();
    try {
      return await this.#checking;
    } finally {
      this.#checking = undefined;
    }
  }

  /** A job could not start its interpreter: the next question is answered by a new check. */
  forget(): void {
    this.#known = undefined;
  }

  #isOutdated(known: Readiness): boolean {
    return known.status === 'not_ready' && this.#options.clock.wallMs() >= known.nextCheckAt;
  }

  async #check(): Promise<Readiness> {
    const found = await this.#options.check();
    const nextCheckAt = this.#options.clock.wallMs() + this.#options.recheckSec * 1000;
    this.#known =
      found.status === 'ok'
        ? READY
        : { status: 'not_ready', message: found.message, fix: found.fix, nextCheckAt };
    return this.#known;
  }

  /** Changes when the interpreter appears or goes, and when packages are installed beside it. */
  async #identifyPython(): Promise<string> {
    const { python } = this.#options;
    const libraries = path.join(path.dirname(python), '..', 'lib');
    const versions = (await readdir(libraries).catch(() => [])).filter((name) =>
      name.startsWith('python3'),
    );
    const packages = versions.map((name) => path.join(libraries, name, 'site-packages'));
    return (await Promise.all([python, ...packages].map(identify))).join(' ');
  }
}

async function identify(file: string): Promise<string> {
  try {
    const { ino, mtimeMs } = await stat(file);
    return `${ino}:${mtimeMs}`;
  } catch {
    return 'absent';
  }
}
