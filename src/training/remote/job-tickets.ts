import { once } from 'node:events';
import type { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { PRIORITIES, type Priority, type TrainingJob } from '../../domain/training-job.js';
import type { Clock } from '../../lib/clock.js';
import { messageOf, TransientError } from '../../lib/errors.js';
import { IMPATIENT, type RedisPlace } from './redis-place.js';

const LIMIT_MS = 5_000;
const WRITTEN_MS = 10_000;

interface Opened {
  readonly client: Redis;
  readonly queues: ReadonlyMap<Priority, Queue>;
}

/**
 * Tickets in Redis: one for each waiting job, under its uid, in a queue of BullMQ for each priority. A ticket only
 * wakes a worker. Which job that worker gets is decided by the database, so that a ticket too many, or of a job that
 * has ended, does no harm.
 */
export class JobTickets {
  readonly #place: RedisPlace;
  readonly #clock: Clock;
  #client: Redis | undefined;
  #opened: Promise<Opened> | undefined;
  #lastError = 'no answer';
  #isStopped = false;

  constructor(place: RedisPlace, clock: Clock) {
    this.#place = place;
    this.#clock = clock;
  }

  /**
   * Adds tickets for the jobs that wait, where there are fewer of them. Called again it adds nothing. Without jobs it
   * only finds out whether Redis takes what is written.
   *
   * @throws TransientError where Redis is away, full or refuses
   */
  async fill(jobs: readonly Pick<TrainingJob, 'uid' | 'priority'>[]): Promise<void> {
    // A round may still be under way: it must not connect again.
    if (this.#isStopped) return;
    try {
      await this.#within(this.#fill(jobs));
    } catch (error) {
      throw new TransientError(`Redis: ${messageOf(error)}`, { cause: error });
    }
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    // First, so that whatever waits for Redis ends.
    this.#client?.disconnect();
    const opened = await this.#opened?.catch(() => undefined);
    if (opened === undefined) return;
    await Promise.all([...opened.queues.values()].map((queue) => queue.close()));
  }

  async #fill(jobs: readonly Pick<TrainingJob, 'uid' | 'priority'>[]): Promise<void> {
    this.#opened ??= this.#open();
    const { client, queues } = await this.#opened;
    if (client.status !== 'ready') throw new Error(this.#lastError);
    // BullMQ does not tell of tickets that a full Redis refused; this is refused aloud.
    await client.set(`${this.#place.prefix}:written`, '1', 'PX', WRITTEN_MS);
    for (const [priority, queue] of queues) {
      const own = jobs.filter((job) => job.priority === priority);
      if (own.length === 0) continue;
      const counts = await queue.getJobCounts('waiting', 'active');
      const there = Object.values(counts).reduce((sum, count) => sum + count, 0);
      if (there >= own.length) continue;
      await queue.addBulk(own.map(({ uid }) => ({ name: 'job', data: {}, opts: { jobId: uid } })));
    }
  }

  /** Loaded with the first use: the libraries take 26 MB. */
  async #open(): Promise<Opened> {
    const [{ Queue }, { Redis }] = await Promise.all([import('bullmq'), import('ioredis')]);
    const { url, prefix } = this.#place;
    const client = new Redis(url, IMPATIENT);
    client.on('error', (error) => (this.#lastError = error.message));
    this.#client = client;
    await untilTried(client);
    const options = {
      connection: client,
      prefix,
      defaultJobOptions: { removeOnComplete: true, removeOnFail: true },
    };
    const queues = PRIORITIES.map((priority) => {
      const queue = new Queue(priority, options);
      queue.on('error', (error) => (this.#lastError = error.message));
      return [priority, queue] as const;
    });
    return { client, queues: new Map(queues) };
  }

  /** A queue of BullMQ waits for Redis without a limit. */
  async #within<T>(work: Promise<T>): Promise<T> {
    const over = new AbortController();
    const limit = this.#clock.sleep(LIMIT_MS, over.signal).then(
      () => {
        throw new Error(this.#lastError);
      },
      () => undefined,
    );
    try {
      return (await Promise.race([work, limit])) as T;
    } finally {
      over.abort();
    }
  }
}

/** Resolves when the first attempt to connect has ended, in whatever way. */
async function untilTried(client: Redis): Promise<void> {
  const over = new AbortController();
  const { signal } = over;
  const ends = ['ready', 'close'].map((event) => once(client, event, { signal }));
  // An error event rejects; the listener above has its text.
  await Promise.race(ends).catch(() => undefined);
  over.abort();
}
