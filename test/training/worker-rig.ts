import type { Clock } from '../../src/lib/clock.js';
import { SystemClock } from '../../src/lib/clock.js';
import { PRIORITIES, type TrainingJob } from '../../src/domain/training-job.js';
import type { QueueWorker } from '../../src/domain/queue-worker.js';
import type { QueueFacts, RemoteQueueOptions } from '../../src/training/remote/remote-queue.js';
import { RemoteQueue } from '../../src/training/remote/remote-queue.js';
import type { RedisPlace } from '../../src/training/remote/redis-place.js';
import { WorkerHost } from '../../src/training/remote/worker-host.js';
import type { WorkerHostOptions } from '../../src/training/remote/worker-options.js';
import { checkRealPython, createTrainer, PYTHON } from '../trainer/real-trainer.js';
import { recordingLogger } from './recording-logger.js';
import type { TrainingContext } from './training-context.js';

export const VERSION = '1.2.3';

/** Tells the test's times, and waits as long as it says. */
export class WaitingClock extends SystemClock {
  readonly #times: Clock;

  constructor(times: Clock) {
    super();
    this.#times = times;
  }

  override wallMs(): number {
    return this.#times.wallMs();
  }

  override marketMs(): number {
    return this.#times.marketMs();
  }
}

/** What makes a service leave its jobs to workers. */
export function remoteOf(
  { stores, clock, options, log }: TrainingContext,
  place: RedisPlace,
  changes: Partial<RemoteQueueOptions> = {},
): (facts: QueueFacts) => RemoteQueue {
  return (facts) =>
    new RemoteQueue(
      {
        ...{ stores, options, place, runUid: 'run-1', version: VERSION, speed: 1 },
        clock: new WaitingClock(clock),
        logger: recordingLogger(log),
        ...changes,
      },
      facts,
    );
}

/** A worker in this process. */
export class RunningWorker {
  readonly jobs: { readonly job: TrainingJob; readonly outcome: string }[] = [];
  readonly ended: Promise<void>;
  readonly ready: Promise<QueueWorker>;
  readonly #ending = new AbortController();

  constructor(
    context: TrainingContext,
    place: RedisPlace,
    changes: Partial<WorkerHostOptions> = {},
  ) {
    let tell: (worker: QueueWorker) => void = () => undefined;
    this.ready = new Promise((resolve) => (tell = resolve));
    const { stores, location, log, options } = context;
    const host = new WorkerHost({
      ...{ stores, location, place, python: PYTHON, version: VERSION, venue: undefined },
      clock: new WaitingClock(context.clock),
      logger: recordingLogger(log),
      workerEnvironment: {},
      folders: options,
      concurrency: 1,
      queues: PRIORITIES,
      trainers: () => ({ count: 1, memoryLimitMb: 1000 }),
      createTrainer: () => createTrainer(),
      checkPython: checkRealPython,
      isPaused: () => Promise.resolve(false),
      onJob: (job, outcome) => this.jobs.push({ job, outcome }),
      onReady: tell,
      ...changes,
    });
    this.ended = host.run(this.#ending.signal);
    // Whoever waits for the end hears of a failure.
    this.ended.catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.ended.catch(() => undefined);
  }
}
