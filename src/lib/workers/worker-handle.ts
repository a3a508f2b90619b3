import type { Transferable } from 'node:worker_threads';

/** What is to run apart from this thread. */
export interface WorkerProgram {
  readonly name: string;
  readonly url: URL;
  readonly maxOldGenerationMb: number;
  /** Of a thread; more spares time where much is made and dropped at once. Default 4. */
  readonly maxYoungGenerationMb?: number;
}

export interface WorkerListener {
  readonly onMessage: (message: unknown) => void;
  /** It has ended without being told to. */
  readonly onLost: (why: string) => void;
}

/** A worker that was started, thread or process. An idle one does not keep this process alive. */
export interface WorkerHandle {
  post(message: unknown, transfer: readonly Transferable[]): void;
  /** From now on it keeps this process alive. */
  ref(): void;
  unref(): void;
  /** Ends it, whatever it is doing; resolves when it is gone. */
  end(): Promise<void>;
}

export type StartWorker = (program: WorkerProgram, listener: WorkerListener) => WorkerHandle;
