import type { Clock } from '../lib/clock.js';

/** An event with its name, as clients receive it. */
export type EventName =
  | 'job.queued'
  | 'job.started'
  | 'job.progress'
  | 'job.finished'
  | 'model.promoted'
  | 'model.rejected'
  | 'model.failed'
  | 'session.progress'
  | 'signal'
  | 'decision'
  | 'fill'
  | 'log';

/** Someone who listens. */
export interface EventClient {
  /** Takes one event as the text of a server-sent event. Must not throw. */
  send(text: string): void;
  /** The last event has been sent. */
  end(): void;
}

export interface EventHubOptions {
  readonly clock: Clock;
  /** Tells one life of the daemon from another in the ids of its events. */
  readonly runUid: string;
}

/** Most listeners at once. */
export const MAX_EVENT_CLIENTS = 32;

/** Events that are kept for those who were away for a moment. */
const KEPT_EVENTS = 500;

const HEARTBEAT_MS = 15_000;

/** Whether a client wants an event with that data. */
export type Accepts = (data: object) => boolean;

const ACCEPTS_ALL: Accepts = () => true;

interface KeptEvent {
  readonly number: number;
  readonly text: string;
  readonly data: object;
}

/**
 * Tells what happens to everyone who listens. Nothing waits for a listener: what is published is handed
 * over and forgotten but for a short ring, from which those go on who come back.
 */
export class EventHub {
  readonly #options: EventHubOptions;
  readonly #clients = new Map<EventClient, Accepts>();
  readonly #kept: KeptEvent[] = [];
  #lastNumber = 0;
  #heart: AbortController | undefined;
  #isStopped = false;

  constructor(options: EventHubOptions) {
    this.#options = options;
  }

  get clients(): number {
    return this.#clients.size;
  }

  get mayJoin(): boolean {
    return !this.#isStopped && this.#clients.size < MAX_EVENT_CLIENTS;
  }

  publish(name: EventName, data: object): void {
    if (this.#isStopped) return;
    const number = ++this.#lastNumber;
    const text = `id: ${this.#options.runUid}-${number}\n${toText(name, data)}`;
    this.#kept.push({ number, text, data });
    if (this.#kept.length > KEPT_EVENTS) this.#kept.shift();
    for (const [client, accepts] of this.#clients) if (accepts(data)) client.send(text);
  }

  /**
   * Tells the client everything from now on, and first what it has missed since the event of that id;
   * where that is not known any more it gets `missed`.
   *
   * @param accepts which of them it wants; default: all
   * @returns what ends it; safe to call twice
   */
  join(client: EventClient, lastEventId?: string, accepts = ACCEPTS_ALL): () => void {
    if (lastEventId !== undefined) {
      for (const text of this.#missedSince(lastEventId, accepts)) client.send(text);
    }
    this.#clients.set(client, accepts);
    if (this.#heart === undefined) void this.#beat();
    return () => {
      this.#clients.delete(client);
      if (this.#clients.size === 0) this.#heart?.abort();
    };
  }

  /** Sends everyone away. Safe to call twice. */
  stop(): void {
    this.#isStopped = true;
    this.#heart?.abort();
    const last = toText('stopping', { at: this.#now() });
    for (const client of this.#clients.keys()) {
      client.send(last);
      client.end();
    }
    this.#clients.clear();
  }

  #missedSince(id: string, accepts: Accepts): readonly string[] {
    const dash = id.lastIndexOf('-');
    const number = Number(id.slice(dash + 1));
    const isOurs = id.slice(0, dash) === this.#options.runUid && Number.isInteger(number);
    const oldest = this.#kept[0]?.number ?? this.#lastNumber + 1;
    if (!isOurs || number < oldest - 1) return [toText('missed', { at: this.#now() })];
    return this.#kept
      .filter((event) => event.number > number && accepts(event.data))
      .map(({ text }) => text);
  }

  /** Only while someone listens: it keeps connections open and finds those that are gone. */
  async #beat(): Promise<void> {
    const heart = new AbortController();
    this.#heart = heart;
    const isOver = (): boolean => heart.signal.aborted;
    while (!isOver()) {
      await this.#options.clock.sleep(HEARTBEAT_MS, heart.signal).catch(() => undefined);
      if (isOver()) break;
      const text = toText('heartbeat', { at: this.#now() });
      for (const client of this.#clients.keys()) client.send(text);
    }
    if (this.#heart === heart) this.#heart = undefined;
    if (this.#clients.size > 0 && !this.#isStopped) void this.#beat();
  }

  #now(): string {
    return new Date(this.#options.clock.wallMs()).toISOString();
  }
}

/** JSON has no line breaks of its own, so the data is one line. */
function toText(name: string, data: object): string {
  return `event: ${name}\ndata: ${JSON.stringify(data)}\n\n`;
}
