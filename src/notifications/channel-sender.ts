import type { Clock } from '../lib/clock.js';
import { messageOf } from '../lib/errors.js';
import { growingPauseMs } from '../lib/growing-pause.js';
import type { Logger } from '../lib/logger.js';
import { newUid } from '../lib/uid.js';
import {
  isUrgent,
  type NotificationStore,
  type OutboxKey,
  type StoredNotification,
} from '../storage/stores/notification-store.js';
import { BurstLimit, WINDOW_MS } from './burst-limit.js';
import { ChannelError, type Channel, type Message } from './channel.js';
import { isQuiet, type QuietHours } from './quiet-hours.js';
import { toMessage } from './to-message.js';

export interface ChannelSenderOptions {
  readonly exchange: string;
  readonly channel: Channel;
  readonly store: NotificationStore;
  /** One process at a time sends what lies in a database. */
  readonly isSender: () => boolean;
  readonly quiet: QuietHours | undefined;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Why a channel cannot send. */
export interface ChannelFault {
  readonly channel: string;
  readonly reason: string;
  /** Wall time. */
  readonly since: number;
  /** What waits for it. */
  readonly waiting: number;
}

/** Rows that are looked at together. */
const BATCH_ROWS = 500;
/** Messages in one go: then others have their turn. */
const MAX_MESSAGES = 20;
const RETRY = { firstMs: 2_000, longestMs: 15 * 60_000 } as const;
/** A receiver may ask for a longer pause, within this. */
const MAX_ASKED_PAUSE_MS = 60 * 60_000;
/** A message that is refused this often for itself is given up, where others were taken meanwhile. */
const MAX_REFUSALS = 10;
/** Nobody wants to be told of what was so long ago. */
const MAX_AGE_MS = 3 * 86_400_000;

type Rows = readonly [StoredNotification, ...StoredNotification[]];

/** Sends what waits for one channel, in order and each once, with growing pauses while it cannot. */
export class ChannelSender {
  readonly #options: ChannelSenderOptions;
  readonly #burst = new BurstLimit();
  #fault: ChannelFault | undefined;

  constructor(options: ChannelSenderOptions) {
    this.#options = options;
  }

  get name(): string {
    return this.#options.channel.name;
  }

  get fault(): ChannelFault | undefined {
    return this.#fault;
  }

  get #outbox(): OutboxKey {
    return { exchange: this.#options.exchange, channel: this.name };
  }

  /** Sends what is due. Called again and again. */
  async run(signal: AbortSignal): Promise<void> {
    const { channel, clock, isSender } = this.#options;
    for (let count = 0; count < MAX_MESSAGES && !signal.aborted && isSender(); count++) {
      const open = await this.#listOpen();
      const fault = this.#fault;
      if (fault !== undefined) this.#fault = { ...fault, waiting: open.length };
      const next = this.#choose(await this.#withoutOld(open));
      if (next === undefined || !(await this.#send(next, signal))) return;
      if (channel.spacingMs > 0)
        await clock.sleep(channel.spacingMs, signal).catch(() => undefined);
    }
  }

  /** Outside of the outbox and of its order: for what cannot be stored. @throws ChannelError */
  async sendNow(message: Message, signal: AbortSignal): Promise<void> {
    await this.#options.channel.send(message, signal);
  }

  /** The oldest, and what must not wait for those that lie before it. */
  async #listOpen(): Promise<readonly StoredNotification[]> {
    const { store } = this.#options;
    const key = this.#outbox;
    const oldest = await store.listOpen(key, BATCH_ROWS);
    if (oldest.length < BATCH_ROWS) return oldest;
    const known = new Set(oldest.map(({ uid }) => uid));
    const urgent = await store.listUrgent(key, BATCH_ROWS);
    return [...oldest, ...urgent.filter(({ uid }) => !known.has(uid))];
  }

  /** Gives up what became too old. @returns the rest */
  async #withoutOld(open: readonly StoredNotification[]): Promise<readonly StoredNotification[]> {
    const oldest = this.#options.clock.wallMs() - MAX_AGE_MS;
    const old = open.filter(({ at }) => at < oldest);
    if (old.length > 0) await this.#drop(old, 'three days old');
    return open.filter(({ at }) => at >= oldest);
  }

  /** What is sent next; undefined while nothing may be. */
  #choose(open: readonly StoredNotification[]): Rows | undefined {
    const { clock, quiet } = this.#options;
    const nowMs = clock.wallMs();
    const isHushed = quiet !== undefined && isQuiet(quiet, nowMs);
    const allowed = (isHushed ? open.filter(isUrgent) : open).filter(
      // What is refused for itself holds nothing: only it waits for its next attempt.
      (row) => row.status !== 'refused' || !isPausing(row, nowMs),
    );
    const [first] = allowed;
    if (first === undefined || isPausing(first, nowMs)) return undefined;
    const { messageUid } = first;
    if (messageUid !== undefined) {
      const others = open.filter((row) => row.messageUid === messageUid && row !== first);
      return [first, ...others];
    }
    const others = allowed.filter((row) => row !== first && isOneGroup(first, row));
    const decision = this.#burst.decide(first.event, others.length + 1, nowMs);
    if (decision === 'single') return [first];
    // What must not wait does not wait for a group either.
    const mayWait = !allowed.some(isUrgent);
    return decision === 'group' || !mayWait ? [first, ...others] : undefined;
  }

  /** @returns whether it was taken */
  async #send(rows: Rows, signal: AbortSignal): Promise<boolean> {
    const { channel, store, clock, logger } = this.#options;
    const [{ event, messageUid, status }] = rows;
    const uids = rows.map(({ uid }) => uid);
    const uid = messageUid ?? newUid(clock.wallMs());
    const message = toMessage(rows, { uid, mayBeRepeated: status === 'sending' });
    await store.claim(uids, uid);
    try {
      await channel.send(message, signal);
    } catch (error) {
      if (!(error instanceof ChannelError)) throw error;
      await this.#noteFailure(rows, error);
      return false;
    }
    await store.markSent(uids);
    this.#burst.note(event, rows.length, clock.wallMs());
    if (this.#fault !== undefined)
      logger.info('Notifications are sent again', { channel: channel.name });
    this.#fault = undefined;
    return true;
  }

  async #noteFailure(rows: Rows, error: ChannelError): Promise<void> {
    const { channel, store, clock, logger } = this.#options;
    const nowMs = clock.wallMs();
    const attempts = rows[0].attempts + 1;
    const isRefusedOften = error.isRefused && attempts >= MAX_REFUSALS;
    // Who takes nothing at all has a fault of its own, and the message has none.
    if (isRefusedOften && (await store.hasSentSince(this.#outbox, rows[0].at))) {
      await this.#drop(rows, messageOf(error));
      return;
    }
    await store.markFailed(
      rows.map(({ uid }) => uid),
      {
        status: statusAfter(rows[0], error),
        attempts,
        dueAt: nowMs + pauseAfter(attempts, error),
        error: error.message,
      },
    );
    const { message: reason } = error;
    if (this.#fault === undefined) {
      const why = { channel: channel.name, reason };
      logger.warn('Notifications cannot be sent; trying again, nothing is lost', why);
    }
    const { since = nowMs, waiting = rows.length } = this.#fault ?? {};
    this.#fault = { channel: channel.name, reason, since, waiting };
  }

  async #drop(rows: readonly StoredNotification[], reason: string): Promise<void> {
    const { channel, store, clock, logger } = this.#options;
    const failure = { status: 'dropped', attempts: rows[0]?.attempts ?? 0, error: reason } as const;
    await store.markFailed(
      rows.map(({ uid }) => uid),
      { ...failure, dueAt: clock.wallMs() },
    );
    // Nothing is known of the next one.
    this.#fault = undefined;
    const count = rows.length;
    logger.error('Notifications are given up', { channel: channel.name, count, reason });
  }
}

function statusAfter(
  { status }: StoredNotification,
  { isRefused, isUncertain }: ChannelError,
): 'waiting' | 'sending' | 'refused' {
  if (isRefused) return 'refused';
  return isUncertain || status === 'sending' ? 'sending' : 'waiting';
}

function isPausing({ dueAt }: StoredNotification, nowMs: number): boolean {
  // A clock that was set back must not hold anything for ever.
  return dueAt > nowMs && dueAt - nowMs <= MAX_ASKED_PAUSE_MS;
}

function isOneGroup(first: StoredNotification, other: StoredNotification): boolean {
  const isSameKind = other.event === first.event && other.messageUid === undefined;
  return isSameKind && other.at - first.at <= WINDOW_MS;
}

function pauseAfter(attempts: number, { retryAfterMs = 0 }: ChannelError): number {
  return Math.max(growingPauseMs(attempts, RETRY), Math.min(MAX_ASKED_PAUSE_MS, retryAfterMs));
}
