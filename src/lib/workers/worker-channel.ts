import type { Transferable } from 'node:worker_threads';
import type { Clock } from '../clock.js';
import { TransientError } from '../errors.js';
import type { Logger } from '../logger.js';
import type { StartWorker, WorkerHandle, WorkerProgram } from './worker.js';

const DEFAULT_MAX_STARTS = 5;
const DEFAULT_START_WINDOW_MS = 10 * 60_000;
const MAX_PENDING_CALLS = 10_000;
/** Longer than any call takes, apart from computing the features of a long history. */
const STOP_GRACE_MS = 3_000;

export interface WorkerChannelOptions extends WorkerProgram {
  /** Starts a thread or a process. */
  readonly startWorker: StartWorker;
  readonly clock: Clock;
  readonly logger: Logger;
  /** A call unanswered for this long (wall time) ends the worker; the next call starts another. */
  readonly callTimeoutMs: number;
  /** Limit on starts of the worker within the window (wall time); calls beyond it are refused until it has passed. */
  readonly maxStarts?: number;
  readonly startWindowMs?: number;
}

interface PendingCall<Answer> {
  readonly resolve: (answer: Answer) => void;
  readonly reject: (error: Error) => void;
  readonly answered: AbortController;
}

interface AnswerMessage<Answer> {
  readonly id: number;
  readonly answer: Answer;
}

/**
 * Requests and answers between this thread and one worker. The worker is started when it is first needed
 * and, within a limit, again after it died or hung.
 */
export class WorkerChannel<Request, Answer> {
  readonly #options: WorkerChannelOptions;
  readonly #pending = new Map<number, PendingCall<Answer>>();
  #worker: WorkerHandle | undefined;
  #startTimes: number[] = [];
  #nextId = 1;
  #generation = 0;
  #isStopped = false;
  #onSettled: () => void = () => undefined;

  constructor(options: WorkerChannelOptions) {
    this.#options = options;
  }

  /** Counts the workers started so far: a new one knows nothing of what an earlier one was sent. */
  get generation(): number {
    return this.#generation;
  }

  /** Starts the worker if none runs. @throws TransientError when it may not be started now */
  start(): void {
    if (this.#isStopped) throw new TransientError(`${this.#options.name} is stopped`);
    if (this.#worker !== undefined) return;
    this.#countStart();
    this.#worker = this.#spawn();
    this.#generation++;
  }

  /** Waits shortly for open calls: a thread ended inside native code would crash the process. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    if (this.#pending.size > 0) await this.#settled();
    await this.#discard('is stopped');
  }

  async #settled(): Promise<void> {
    const over = new AbortController();
    const settled = new Promise<void>((resolve) => (this.#onSettled = resolve));
    const grace = this.#options.clock.sleep(STOP_GRACE_MS, over.signal).catch(() => undefined);
    await Promise.race([settled, grace]);
    over.abort();
  }

  /** Ends the worker to free its memory; the next call starts another. */
  async rest(): Promise<void> {
    if (this.#pending.size > 0) return;
    this.#startTimes.pop();
    await this.#discard('rests');
  }

  /** @throws TransientError when the worker dies, hangs or may not be started */
  call(request: Request, transfer: readonly Transferable[] = []): Promise<Answer> {
    return new Promise((resolve, reject) => {
      this.start();
      if (this.#pending.size >= MAX_PENDING_CALLS) {
        throw new TransientError(`${this.#options.name} has ${MAX_PENDING_CALLS} calls waiting`);
      }
      const id = this.#nextId++;
      const answered = new AbortController();
      this.#worker?.post({ id, request }, transfer);
      this.#worker?.ref();
      this.#pending.set(id, { resolve, reject, answered });
      this.#watch(id, answered.signal);
    });
  }

  #spawn(): WorkerHandle {
    const worker: WorkerHandle = this.#options.startWorker(this.#options, {
      onMessage: (message) => this.#settle(message as AnswerMessage<Answer>),
      onLost: (why) => this.#lose(worker, why),
    });
    return worker;
  }

  #countStart(): void {
    const { clock, maxStarts = DEFAULT_MAX_STARTS } = this.#options;
    const windowMs = this.#options.startWindowMs ?? DEFAULT_START_WINDOW_MS;
    const now = clock.wallMs();
    this.#startTimes = this.#startTimes.filter((startedAt) => startedAt > now - windowMs);
    if (this.#startTimes.length >= maxStarts) {
      const within = Number.isFinite(windowMs) ? ` within ${windowMs / 1000} s` : '';
      throw new TransientError(`${this.#options.name} was started ${maxStarts} times${within}`);
    }
    this.#startTimes.push(now);
  }

  #settle(message: AnswerMessage<Answer>): void {
    const call = this.#pending.get(message.id);
    this.#pending.delete(message.id);
    call?.answered.abort();
    call?.resolve(message.answer);
    if (this.#pending.size > 0) return;
    this.#worker?.unref();
    this.#onSettled();
  }

  #watch(id: number, answered: AbortSignal): void {
    const { callTimeoutMs, clock } = this.#options;
    clock.sleep(callTimeoutMs, answered).then(
      () => {
        const worker = this.#worker;
        if (worker === undefined || !this.#pending.has(id)) return;
        this.#lose(worker, `no answer within ${callTimeoutMs} ms`);
        void worker.end();
      },
      () => undefined, // answered in time
    );
  }

  /** The worker is gone or given up: open calls are rejected, and the next call starts another. */
  #lose(worker: WorkerHandle, why: string): void {
    if (this.#worker !== worker) return;
    this.#worker = undefined;
    this.#options.logger.error(`${this.#options.name} lost`, {
      why,
      waitingCalls: this.#pending.size,
    });
    this.#rejectAll(why);
  }

  async #discard(why: string): Promise<void> {
    const worker = this.#worker;
    this.#worker = undefined;
    this.#rejectAll(why);
    await worker?.end();
  }

  #rejectAll(why: string): void {
    for (const call of this.#pending.values()) {
      call.answered.abort();
      call.reject(new TransientError(`${this.#options.name}: ${why}`));
    }
    this.#pending.clear();
    this.#onSettled();
  }
}
