import type { NotificationEvent } from '../domain/notification.js';

/** One of the things that a message tells. */
export interface MessageItem {
  readonly key: string;
  readonly title: string;
  readonly text: string;
  readonly data: Readonly<Record<string, unknown>>;
  /** Wall time. */
  readonly at: number;
}

/** What is sent at once: one thing, or many of a kind with their count. */
export interface Message {
  /** The same at each attempt, so that a receiver can tell a repetition. */
  readonly uid: string;
  readonly event: NotificationEvent;
  readonly level: 'info' | 'failing';
  readonly title: string;
  readonly text: string;
  readonly items: readonly MessageItem[];
  /** An earlier attempt may have reached its receiver: the answer to it was lost. */
  readonly mayBeRepeated: boolean;
}

/** A way to reach people. */
export interface Channel {
  /** `telegram`: names the channel in rows, logs and health. */
  readonly name: string;
  /** Wall time to leave between two messages. */
  readonly spacingMs: number;
  /** @throws ChannelError when it was not, or may not have been, taken */
  send(message: Message, signal: AbortSignal): Promise<void>;
}

export interface ChannelErrorOptions {
  /** The message itself is refused: another one may well be taken. */
  readonly isRefused?: boolean;
  /** The message may have been taken all the same. */
  readonly isUncertain?: boolean;
  /** Wall time that the receiver asks to wait. */
  readonly retryAfterMs?: number | undefined;
}

/** Why a message was not sent. Its text is shown to people and has no secrets. */
export class ChannelError extends Error {
  override readonly name = 'ChannelError';
  readonly isRefused: boolean;
  readonly isUncertain: boolean;
  readonly retryAfterMs: number | undefined;

  constructor(message: string, options: ChannelErrorOptions = {}) {
    super(message);
    this.isRefused = options.isRefused ?? false;
    this.isUncertain = options.isUncertain ?? false;
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** What is said of a message that may have come before. */
export const REPEATED_NOTE =
  '(This may be a repetition: the answer to the first attempt was lost.)';
