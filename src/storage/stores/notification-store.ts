import type { Notification } from '../../domain/notification.js';
import type { Clock } from '../../lib/clock.js';
import { newUid } from '../../lib/uid.js';
import type { Database } from '../database/database.js';
import { json, number, optional, rowCodec, text } from '../rows/row-codec.js';
import { insertMissing } from '../rows/write-rows.js';
import type { Row } from '../connection/row.js';

/** Whose rows: what a daemon of that exchange has to say through one channel. */
export interface OutboxKey {
  readonly exchange: string;
  readonly channel: string;
}

/**
 * `sending`: handed to the channel, whose answer is not known, as after a crash. `refused`: the channel did not take
 * it for what is in it; it is tried again, and others need not wait for it. `dropped`: given up, because it was refused
 * too often or became too old.
 */
export type NotificationStatus = 'waiting' | 'sending' | 'refused' | 'sent' | 'dropped';

const OPEN: readonly NotificationStatus[] = ['waiting', 'sending', 'refused'];

export interface StoredNotification extends OutboxKey, Notification {
  readonly id: number;
  readonly uid: string;
  readonly status: NotificationStatus;
  /** The message that it is sent with, alone or as one of many: the same at each attempt. */
  readonly messageUid: string | undefined;
  readonly attempts: number;
  /** Wall time of the next attempt. */
  readonly dueAt: number;
  readonly lastError: string | undefined;
}

const NOTIFICATION = rowCodec<StoredNotification>({
  id: number(),
  uid: text(),
  exchange: text(),
  channel: text(),
  key: text('notification_key'),
  event: text(),
  level: text(),
  title: text(),
  text: text('body'),
  data: json(),
  at: number('noted_at'),
  dueAt: number(),
  status: text(),
  messageUid: optional(text()),
  attempts: number(),
  lastError: optional(text()),
});

/** Longest title and text that are kept: channels take no more. */
const MAX_TITLE = 200;
const MAX_TEXT = 2000;
const MAX_ERROR = 500;
/** The width of the column. */
const MAX_KEY = 255;
/** More than a month of notices of health has. */
const MOST_NOTED = 10_000;

/** What people want to be woken for. */
export function isUrgent({ event, level }: Pick<Notification, 'event' | 'level'>): boolean {
  return event === 'halt' || level === 'failing';
}

/** What is to be told through each channel, and what was. */
export class NotificationStore {
  readonly #database: Database;
  readonly #clock: Clock;

  constructor(database: Database, clock: Clock) {
    this.#database = database;
    this.#clock = clock;
  }

  /** Adds it for each channel that does not have it yet. */
  async append(
    { exchange, channels }: { readonly exchange: string; readonly channels: readonly string[] },
    told: Notification,
  ): Promise<void> {
    if (channels.length === 0) return;
    const createdAt = this.#clock.wallMs();
    const rows = channels.map((channel) => ({
      ...NOTIFICATION.encodePart({
        uid: newUid(createdAt),
        exchange,
        channel,
        key: told.key.slice(0, MAX_KEY),
        event: told.event,
        level: told.level,
        title: told.title.slice(0, MAX_TITLE),
        text: told.text.slice(0, MAX_TEXT),
        data: told.data,
        at: told.at,
        dueAt: told.at,
        status: 'waiting',
        messageUid: undefined,
        attempts: 0,
        lastError: undefined,
      }),
      row_version: 1,
      created_at: createdAt,
    }));
    const key = ['exchange', 'channel', 'notification_key'];
    await insertMissing(this.#database, { table: 'notifications', key, rows });
  }

  /** What is not told yet, in the order in which it was noted. */
  async listOpen({ exchange, channel }: OutboxKey, limit: number): Promise<StoredNotification[]> {
    const rows = await this.#database.run((knex) =>
      knex('notifications')
        .where({ exchange, channel })
        .whereIn('status', OPEN)
        .orderBy('id')
        .limit(limit)
        .select<Row[]>('*'),
    );
    return rows.map((row) => NOTIFICATION.decode(row));
  }

  /** What must not wait of what is not told yet, in the same order; see `isUrgent`. */
  async listUrgent({ exchange, channel }: OutboxKey, limit: number): Promise<StoredNotification[]> {
    const rows = await this.#database.run((knex) =>
      knex('notifications')
        .where({ exchange, channel })
        .whereIn('status', OPEN)
        .where((either) => {
          void either.where({ event: 'halt' }).orWhere({ level: 'failing' });
        })
        .orderBy('id')
        .limit(limit)
        .select<Row[]>('*'),
    );
    return rows.map((row) => NOTIFICATION.decode(row));
  }

  /** Remembers, before they are sent, that they are, and with which message. */
  async claim(uids: readonly string[], messageUid: string): Promise<void> {
    await this.#change(uids, { status: 'sending', message_uid: messageUid });
  }

  async markSent(uids: readonly string[]): Promise<void> {
    const sentAt = this.#clock.wallMs();
    await this.#change(uids, { status: 'sent', sent_at: sentAt, last_error: null });
  }

  /** An attempt failed. `sending` where the channel may have taken it all the same. */
  async markFailed(
    uids: readonly string[],
    failure: {
      readonly status: 'waiting' | 'sending' | 'refused' | 'dropped';
      readonly attempts: number;
      readonly dueAt: number;
      readonly error: string;
    },
  ): Promise<void> {
    await this.#change(uids, {
      status: failure.status,
      attempts: failure.attempts,
      due_at: failure.dueAt,
      last_error: failure.error.slice(0, MAX_ERROR),
    });
  }

  /** Whether the channel has taken anything since that wall time. */
  async hasSentSince({ exchange, channel }: OutboxKey, since: number): Promise<boolean> {
    const row = await this.#database.run((knex) =>
      knex('notifications')
        .where({ exchange, channel, status: 'sent' })
        .where('sent_at', '>=', since)
        .first<Row | undefined>('id'),
    );
    return row !== undefined;
  }

  /** What was noted of that exchange under keys with that beginning, newest first, once for each channel. */
  async listNoted(
    exchange: string,
    prefix: string,
  ): Promise<readonly Pick<Notification, 'key' | 'event' | 'title'>[]> {
    return this.#database.run((knex) =>
      knex('notifications')
        .where({ exchange })
        .where('notification_key', '>=', prefix)
        .where('notification_key', '<', `${prefix}~`)
        .orderBy('id', 'desc')
        .limit(MOST_NOTED)
        .select<Pick<Notification, 'key' | 'event' | 'title'>[]>(
          'notification_key as key',
          'event',
          'title',
        ),
    );
  }

  /** Deletes what was told or given up before that wall time. @returns how many rows */
  prune(before: number): Promise<number> {
    return this.#database.run((knex) =>
      knex('notifications')
        .whereIn('status', ['sent', 'dropped'])
        .where('noted_at', '<', before)
        .delete(),
    );
  }

  async #change(uids: readonly string[], columns: Record<string, unknown>): Promise<void> {
    await this.#database.run((knex) =>
      knex('notifications')
        .whereIn('uid', [...uids])
        .update({ ...columns, row_version: knex.raw('row_version + 1') }),
    );
  }
}
