import type { Redis } from 'ioredis';
import { z } from 'zod';
import { LOG_LEVELS } from '../../lib/log-tail.js';
import { IMPATIENT, PATIENT, type RedisPlace } from './redis-place.js';

const MAX_TEXT = 4_000;
const uid = z.string().min(1).max(26);

const jobEvent = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('progress'),
    job: uid,
    stage: z.string().max(255),
    progressPct: z.number().min(0).max(100),
  }),
  z.object({
    kind: z.literal('ended'),
    job: uid,
    status: z.enum([
      'promoted',
      'published',
      'rejected',
      'failed',
      'requeued',
      'cancelled',
      'completed',
    ]),
  }),
  z.object({
    kind: z.literal('log'),
    level: z.enum(LOG_LEVELS),
    message: z.string().max(MAX_TEXT),
    fields: z.record(z.string().max(100), z.unknown()),
  }),
]);

/** What a worker tells about a job. It may be lost: whatever counts is in the database. */
export type JobEvent = z.infer<typeof jobEvent>;

/** Tells the daemon of a venue what its worker does. */
export class JobEventSender {
  readonly #place: RedisPlace;
  readonly #channel: string;
  #client: Redis | undefined;

  constructor(place: RedisPlace, venue: string) {
    this.#place = place;
    this.#channel = channelOf(place, venue);
  }

  async start(): Promise<void> {
    const { Redis } = await import('ioredis');
    // What is told in one turn of the event loop goes out as one packet.
    this.#client = new Redis(this.#place.url, { ...IMPATIENT, enableAutoPipelining: true });
    // The reader of tickets tells about an outage.
    this.#client.on('error', () => undefined);
  }

  send(event: JobEvent): void {
    this.#client?.publish(this.#channel, JSON.stringify(event)).catch(() => undefined);
  }

  stop(): void {
    this.#client?.disconnect();
  }
}

/** Hears what the workers of a venue tell. */
export class JobEventReceiver {
  readonly #place: RedisPlace;
  readonly #channel: string;
  readonly #onEvent: (event: JobEvent) => void;
  #client: Redis | undefined;

  constructor(
    place: RedisPlace,
    { venue, onEvent }: { readonly venue: string; readonly onEvent: (event: JobEvent) => void },
  ) {
    this.#place = place;
    this.#channel = channelOf(place, venue);
    this.#onEvent = onEvent;
  }

  /** Returns before Redis has answered; it is subscribed again after each outage. */
  async start(): Promise<void> {
    const { Redis } = await import('ioredis');
    const client = new Redis(this.#place.url, PATIENT);
    this.#client = client;
    // The dispatcher tells about an outage.
    client.on('error', () => undefined);
    client.on('message', (_, text) => {
      const event = readEvent(text);
      if (event !== undefined) this.#onEvent(event);
    });
    client.subscribe(this.#channel).catch(() => undefined);
  }

  stop(): void {
    this.#client?.disconnect();
  }
}

/** Others may write into the same Redis: what is no event of ours is left alone. */
function readEvent(text: string): JobEvent | undefined {
  try {
    return jobEvent.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

function channelOf({ prefix }: RedisPlace, venue: string): string {
  return `${prefix}:events:${venue}`;
}
