import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { SHARE_ENV, Worker, type Transferable } from 'node:worker_threads';
import { messageOf } from '../errors.js';
import { endWithParent, yieldProcessor } from './yield-processor.js';

const MAX_STDERR_CHARACTERS = 4_000;
/** A program that runs outside this thread. */
export interface WorkerProgram {
  readonly name: string;
  readonly url: URL;
  readonly maxOldGenerationMb: number;
  /** Only for a thread: a larger young generation saves time in code with much short-lived garbage. Default 4. */
  readonly maxYoungGenerationMb?: number;
  /** The whole environment of a process; a thread shares the one of this process. */
  readonly environment?: Readonly<Record<string, string>>;
}

export interface WorkerListener {
  readonly onMessage: (message: unknown) => void;
  /** It ended without `end()`, and why. */
  readonly onLost: (why: string) => void;
}

/** A running worker, thread or process. An idle one does not keep this process alive. */
export interface WorkerHandle {
  post(message: unknown, transfer: readonly Transferable[]): void;
  /** Keeps this process alive until `unref()`. */
  ref(): void;
  unref(): void;
  /** Ends it, whatever it is doing; resolves when it is gone. */
  end(): Promise<void>;
}

export type StartWorker = (program: WorkerProgram, listener: WorkerListener) => WorkerHandle;

/** A thread, for short answers: a request reaches it in a tenth of a millisecond. */
export const startThread: StartWorker = (program, listener) => {
  const { name, url, maxOldGenerationMb, maxYoungGenerationMb = 4 } = program;
  const worker = new Worker(url, {
    name,
    // Native libraries read the real environment; a copy would hide what is set for them.
    env: SHARE_ENV,
    resourceLimits: {
      maxOldGenerationSizeMb: maxOldGenerationMb,
      maxYoungGenerationSizeMb: maxYoungGenerationMb,
    },
  });
  worker.on('message', listener.onMessage);
  worker.on('error', (error) => listener.onLost(messageOf(error)));
  worker.on('exit', (code) => listener.onLost(`exit code ${code}`));
  worker.unref();
  return {
    post: (message, transfer) => worker.postMessage(message, transfer),
    ref: () => worker.ref(),
    unref: () => worker.unref(),
    end: async () => {
      await worker.terminate();
    },
  };
};

/**
 * A child process, for heavy work: its memory is freed when it ends, it yields the processor to this
 * process, and a crash in a native library ends it alone. It ends with this process, however that ends.
 */
export const startProcess: StartWorker = (
  { url, maxOldGenerationMb, environment = {} },
  listener,
) => {
  const child = fork(fileURLToPath(url), [], {
    // Its own process group: Ctrl+C reaches only this process, which ends its workers itself.
    detached: true,
    env: environment,
    execArgv: [`--max-old-space-size=${maxOldGenerationMb}`, '--max-semi-space-size=2'],
    serialization: 'advanced',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    stderr = (stderr + text).slice(-MAX_STDERR_CHARACTERS);
  });
  child.on('message', listener.onMessage);
  // A process that cannot be started emits no 'close'.
  child.on('error', (error) => listener.onLost(messageOf(error)));
  child.on('close', (code, signal) => {
    listener.onLost(withReason(signal ?? `exit code ${String(code)}`, stderr));
  });
  const setRef = (way: 'ref' | 'unref'): void => {
    child[way]();
    child.channel?.[way]();
  };
  setRef('unref');
  return {
    // A failed send needs no handler: 'close' reports the death.
    post: (message) => void child.send(message as object, () => undefined),
    ref: () => setRef('ref'),
    unref: () => setRef('unref'),
    end: async () => {
      if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
      const exited = once(child, 'exit');
      child.ref();
      child.kill('SIGKILL');
      await exited;
    },
  };
};

/** Adds the line in which V8 says why it died. */
function withReason(how: string, stderr: string): string {
  const line = stderr.split('\n').find((text) => /error/i.test(text));
  return line === undefined ? how : `${how}: ${line.trim()}`;
}

/**
 * Makes this process a worker of its parent: it answers one request after the other, runs at the lowest
 * priority, and exits when the parent is gone.
 */
export function serveParent(answer: (request: unknown) => Promise<unknown>): void {
  yieldProcessor();
  endWithParent();
  // Idle, it waits for the next request.
  process.channel?.ref();
  let lastTask: Promise<unknown> = Promise.resolve();
  process.on('message', ({ id, request }: { id: number; request: unknown }) => {
    lastTask = lastTask.then(async () => process.send?.({ id, answer: await answer(request) }));
  });
}

/**
 * Address of a compiled file beside the caller. Worker threads and child processes start from
 * JavaScript even when the caller runs from its TypeScript source, as in tests.
 *
 * @param callerUrl the caller's `import.meta.url`
 * @param relativePath path from the caller to the compiled file, ending in `.js`
 */
export function compiledUrl(callerUrl: string, relativePath: string): URL {
  const url = new URL(relativePath, callerUrl);
  if (!callerUrl.endsWith('.ts')) return url;
  const root = new URL('../../../', import.meta.url).href;
  return new URL(url.href.replace(root, `${root}dist/`));
}
