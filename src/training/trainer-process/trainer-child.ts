import { spawn, type ChildProcess, type ChildProcessWithoutNullStreams } from 'node:child_process';
import type { Clock } from '../../lib/clock.js';
import { assertDefined } from '../../lib/invariant.js';
import type { Logger } from '../../lib/logger.js';
import { LineSplitter } from './line-splitter.js';
import { killGroup, readGroup, type GroupState } from './process-group.js';

const MAX_LINE_BYTES = 64 * 1024;
const MAX_STDERR_CHARACTERS = 4_000;
/** Time for the last lines in the pipe after the process has ended. */
const DRAIN_LIMIT_MS = 1_000;
/** Five seconds in all. */
const GONE_ROUNDS = 250;
const GONE_POLL_MS = 20;
/** Trainers start processes seldom: all of the machine are looked through for them once in so many looks. */
const LOOKS_A_FULL_ONE = 10;

export interface TrainerChildOptions {
  /** Interpreter and arguments. */
  readonly command: readonly string[];
  readonly cwd: string;
  /** The whole environment of the process; without it the caller's, secrets included. */
  readonly env?: Readonly<Record<string, string>>;
  readonly clock: Clock;
  readonly logger: Logger;
}

export type ChildEnd =
  | { readonly kind: 'not_started'; readonly reason: string }
  | { readonly kind: 'ended'; readonly how: string; readonly stderr: string };

/** A line of the child's, or `undefined` for one that was too long to keep. */
export type LineListener = (line: string | undefined) => void;

/** One trainer process in a group of its own; its lines go to a listener. */
export class TrainerChild {
  #process: ChildProcess | undefined;
  #listener: LineListener = () => undefined;
  #stderr = '';
  /** Its group was killed when it ended: the id may belong to another process by now. */
  #isOver = false;
  #endOfProcess: Promise<ChildEnd> | undefined;
  #looks = 0;
  #members: readonly number[] = [];

  readonly #options: TrainerChildOptions;

  constructor(options: TrainerChildOptions) {
    this.#options = options;
  }

  /** Whether it has reported that it takes jobs. */
  isReady = false;
  jobsRun = 0;

  start(): void {
    const { command, cwd, env } = this.#options;
    const [program, ...parameters] = command;
    const child = spawn(assertDefined(program, 'interpreter'), parameters, {
      cwd,
      ...(env === undefined ? {} : { env }),
      detached: true,
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#process = child;
    this.#readStreams(child);
    this.#endOfProcess = this.#watchEnd(child);
  }

  /** Undefined when it could not be started. */
  get groupId(): number | undefined {
    return this.#process?.pid;
  }

  /** What lives of its group. A process that it started may be seen some looks later. */
  async readGroup(): Promise<GroupState> {
    const among = this.#looks++ % LOOKS_A_FULL_ONE === 0 ? undefined : this.#members;
    const group = await readGroup(this.groupId ?? 0, among);
    this.#members = group.members;
    return group;
  }

  /** Resolves once, after the process has ended and its last line was delivered. */
  get ended(): Promise<ChildEnd> {
    return assertDefined(this.#endOfProcess, 'started trainer');
  }

  /** One listener at a time: the job that is being run. */
  listen(listener: LineListener): void {
    this.#listener = listener;
  }

  send(text: string): void {
    this.#process?.stdin?.write(text);
  }

  /** Ends the whole group; resolves when none of it lives, or throws after five seconds. */
  async kill(): Promise<void> {
    const { groupId } = this;
    if (groupId === undefined) return;
    if (!this.#isOver) killGroup(groupId);
    await this.ended;
    // Counted, not timed: a clock that jumps must not report a failed SIGKILL.
    for (let round = 0; (await readGroup(groupId)).members.length > 0; round++) {
      if (round >= GONE_ROUNDS) throw new Error(`Trainer group ${groupId} survives SIGKILL`);
      await this.#options.clock.sleep(GONE_POLL_MS);
    }
  }

  #readStreams(child: ChildProcessWithoutNullStreams): void {
    const reader = new LineSplitter({
      maxLineBytes: MAX_LINE_BYTES,
      onLine: (line) => this.#listener(line),
      onOverlong: () => this.#listener(undefined),
    });
    child.stdout.on('data', (chunk: Buffer) => reader.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-MAX_STDERR_CHARACTERS);
      this.#options.logger.debug('trainer says', { text: chunk.toString().trimEnd() });
    });
    // A write to a process that has just died: the process's own end is reported.
    child.stdin.on('error', () => undefined);
  }

  async #watchEnd(child: ChildProcess): Promise<ChildEnd> {
    const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
    const end = await new Promise<ChildEnd | string>((resolve) => {
      child.once('error', (error) => resolve({ kind: 'not_started', reason: error.message }));
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${String(code)}`));
    });
    if (typeof end !== 'string') return end;
    this.#isOver = true;
    // Ends its children too, so that they release its pipes.
    if (child.pid !== undefined) killGroup(child.pid);
    const drained = new AbortController();
    const limit = this.#options.clock.sleep(DRAIN_LIMIT_MS, drained.signal).catch(() => undefined);
    await Promise.race([closed, limit]);
    drained.abort();
    return { kind: 'ended', how: end, stderr: this.#stderr.trim() };
  }
}
