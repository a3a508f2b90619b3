import type { Worker } from 'bullmq';
import type { Priority } from '../../domain/training-job.js';
import { messageOf } from '../../lib/errors.js';
import type { Logger } from '../../lib/logger.js';
import { PATIENT, type RedisPlace } from './redis-place.js';

export interface TicketReaderOptions {
  readonly place: RedisPlace;
  readonly queues: readonly Priority[];
  readonly logger: Logger;
  /** Wakes a lane that has nothing to do. @returns false where all are at work */
  readonly wakeOne: () => boolean;
}

/** Takes tickets from Redis while a lane of this worker is free, and leaves them to other workers otherwise. */
export class TicketReader {
  readonly #options: TicketReaderOptions;
  #workers: readonly Worker[] = [];
  #fault: string | undefined;

  constructor(options: TicketReaderOptions) {
    this.#options = options;
  }

  /** Returns before Redis has answered, which may be away for long. */
  async start(): Promise<void> {
    const { Worker, WaitingError } = await import('bullmq');
    const { queues, place } = this.#options;
    this.#workers = queues.map((queue) => {
      const worker: Worker = new Worker(
        queue,
        async (ticket, token) => {
          if (this.#options.wakeOne()) return;
          for (const one of this.#workers) void one.pause(true);
          // Another worker may be free.
          await ticket.moveToWait(token);
          throw new WaitingError();
        },
        {
          connection: { ...PATIENT, url: place.url },
          prefix: place.prefix,
          removeOnComplete: { count: 0 },
          removeOnFail: { count: 0 },
        },
      );
      worker.on('error', (error) => this.#warn(messageOf(error)));
      worker.on('ready', () => this.#noteAnswer());
      return worker;
    });
  }

  /** A lane is free again. */
  resume(): void {
    for (const worker of this.#workers) {
      worker.resume().catch((error: unknown) => this.#warn(messageOf(error)));
    }
  }

  async stop(): Promise<void> {
    await Promise.all(this.#workers.map((worker) => worker.close(true)));
  }

  #noteAnswer(): void {
    if (this.#fault === undefined) return;
    this.#fault = undefined;
    this.#options.logger.info('[QUEUE] Redis answers again');
  }

  /** Once for each fault: a connection is tried again every second. */
  #warn(fault: string): void {
    if (fault === this.#fault) return;
    this.#fault = fault;
    this.#options.logger.warn(
      `[QUEUE] Redis: ${fault}; jobs are looked for in the database meanwhile`,
    );
  }
}
