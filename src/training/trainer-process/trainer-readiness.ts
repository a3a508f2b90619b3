import { readdir, stat } from 'node:fs/promises';
import path from 'node:path';
import type { Clock } from '../../lib/clock.js';
import type { PythonCheck } from './check-python.js';

export type Readiness = Ready | NotReady;

export interface Ready {
  readonly status: 'ready';
  /** Bots of the daemon that nobody can train now, and why. */
  readonly lack?: Lack | undefined;
}

export interface Lack {
  readonly bots: readonly string[];
  readonly message: string;
  /** What a person types or installs. */
  readonly fix: string;
}

export interface NotReady {
  readonly status: 'not_ready';
  readonly message: string;
  /** What a person types or installs. */
  readonly fix: string;
  /** Wall time of the next check; earlier when the interpreter or its packages change. */
  readonly nextCheckAt: number;
}

/** Why a model of the bot cannot be trained now; undefined where it can, as far as is known. */
export function findFault(
  readiness: Readiness | undefined,
  bot: string,
): Pick<Lack, 'message' | 'fix'> | undefined {
  if (readiness === undefined) return undefined;
  if (readiness.status === 'not_ready') return readiness;
  return readiness.lack?.bots.includes(bot) === true ? readiness.lack : undefined;
}

export interface TrainerReadinessOptions {
  /** Path or name of the interpreter. */
  readonly python: string;
  /** @throws when the signal is aborted */
  readonly check: (signal: AbortSignal) => Promise<PythonCheck>;
  readonly clock: Clock;
  /** Wall time. */
  readonly recheckSec: number;
  /** Ends a running check: what waits for it may have to end before `stop` is called. */
  readonly signal?: AbortSignal | undefined;
  /** Called once for each time in which Python cannot train. */
  readonly onUnusable?: ((found: NotReady) => void) | undefined;
}

/** So long a look at the files of a Python that can train counts. */
const FRESH_MS = 1_000;

const READY: Readiness = { status: 'ready' };
const STOPPED: Readiness = {
  status: 'not_ready',
  message: 'the check was ended by a stop',
  fix: 'start the daemon again',
  nextCheckAt: Infinity,
};

/**
 * Whether Python can train. The check starts an interpreter, so its result is kept: a good one until a job cannot
 * start Python, a bad one for `recheckSec` or until the interpreter or its packages change.
 */
export class TrainerReadiness {
  #known: Readiness | undefined;
  #checking: Promise<Readiness> | undefined;
  #identitySeen = '';
  /** Wall time of the last look at the files. */
  #lookedAt = -Infinity;
  #isDoubted = false;
  readonly #stopping = new AbortController();

  readonly #options: TrainerReadinessOptions;

  constructor(options: TrainerReadinessOptions) {
    this.#options = options;
  }

  /** The last result, for status. */
  get last(): Readiness | undefined {
    return this.#known;
  }

  async find(): Promise<Readiness> {
    if (this.#checking === undefined && this.#known !== undefined && this.#isFresh(this.#known)) {
      return this.#known;
    }
    const lookedAt = this.#options.clock.wallMs();
    const identity = await this.#identifyPython();
    this.#lookedAt = lookedAt;
    // What is known is in doubt while it is looked at again.
    if (this.#checking !== undefined) return this.#checking;
    if (this.#known !== undefined && !this.#isInDoubt(this.#known, identity)) return this.#known;
    this.#identitySeen = identity;
    this.#isDoubted = false;
    this.#checking = this.#check().finally(() => (this.#checking = undefined));
    return this.#checking;
  }

  /** Ends a running check; callers that wait for it get `not_ready`. */
  stop(): void {
    this.#stopping.abort();
  }

  /** The next `find` checks; the last result stays shown until then. For a job that could not start Python, or a resume. */
  recheck(): void {
    this.#isDoubted = true;
  }

  /** A Python that could train a moment ago is not looked for before each of many short jobs. */
  #isFresh({ status }: Readiness): boolean {
    if (status !== 'ready' || this.#isDoubted) return false;
    // The absolute age: a clock may be set back.
    return Math.abs(this.#options.clock.wallMs() - this.#lookedAt) < FRESH_MS;
  }

  #isInDoubt(known: Readiness, identity: string): boolean {
    if (this.#isDoubted || identity !== this.#identitySeen) return true;
    return known.status === 'not_ready' && this.#options.clock.wallMs() >= known.nextCheckAt;
  }

  async #check(): Promise<Readiness> {
    const found = await this.#runCheck();
    if (found === undefined) return STOPPED;
    const before = this.#known?.status;
    this.#known = found.status === 'ok' ? READY : this.#notReady(found);
    if (this.#known.status === 'not_ready' && before !== 'not_ready') {
      this.#options.onUnusable?.(this.#known);
    }
    return this.#known;
  }

  #notReady({ message, fix }: { readonly message: string; readonly fix: string }): NotReady {
    const nextCheckAt = this.#options.clock.wallMs() + this.#options.recheckSec * 1000;
    return { status: 'not_ready', message, fix, nextCheckAt };
  }

  async #runCheck(): Promise<PythonCheck | undefined> {
    const own = this.#stopping.signal;
    const { signal: given } = this.#options;
    const signal = given === undefined ? own : AbortSignal.any([own, given]);
    try {
      return await this.#options.check(signal);
    } catch (error) {
      if (signal.aborted) return undefined;
      throw error;
    }
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
