import type { NotificationEvent } from '../domain/notification.js';

/** More of a kind within a minute become one message. */
export const MAX_SINGLE = 5;
export const WINDOW_MS = 60_000;

interface Window {
  readonly startedAt: number;
  readonly sent: number;
}

/** How many of each kind were sent within a minute. */
export class BurstLimit {
  readonly #windows = new Map<NotificationEvent, Window>();

  /** What becomes of so many that wait: sent one by one, as one message, or held until the minute is over. */
  decide(event: NotificationEvent, waiting: number, nowMs: number): 'single' | 'group' | 'hold' {
    const { sent } = this.#windowOf(event, nowMs);
    if (sent + waiting <= MAX_SINGLE) return 'single';
    return sent < MAX_SINGLE ? 'group' : 'hold';
  }

  /** A message that told so many was sent. */
  note(event: NotificationEvent, count: number, nowMs: number): void {
    const { startedAt, sent } = this.#windowOf(event, nowMs);
    this.#windows.set(event, { startedAt, sent: sent + count });
  }

  #windowOf(event: NotificationEvent, nowMs: number): Window {
    const window = this.#windows.get(event);
    const ageMs = window === undefined ? WINDOW_MS : nowMs - window.startedAt;
    // A clock that was set back must not hold anything for long.
    if (window === undefined || ageMs >= WINDOW_MS || ageMs < 0)
      return { startedAt: nowMs, sent: 0 };
    return window;
  }
}
