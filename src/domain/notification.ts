/** Kinds of things that people are told of; the names are values of `NOTIFY_EVENTS`. */
export const NOTIFICATION_EVENTS = [
  'training_done',
  'training_failed',
  'model_promoted',
  'model_expired',
  'fill',
  'halt',
  'stale_data',
  'database',
  'daemon_started',
] as const;

export type NotificationEvent = (typeof NOTIFICATION_EVENTS)[number];

/** One thing that people are told of. */
export interface Notification {
  /** The same for the same thing: it is told once, whoever notices it and however often. */
  readonly key: string;
  readonly event: NotificationEvent;
  /** `failing`: what halts or fails, which also passes in quiet hours. */
  readonly level: 'info' | 'failing';
  /** One line. */
  readonly title: string;
  /** What else there is to know; may be empty. */
  readonly text: string;
  /** The same for programs. */
  readonly data: Readonly<Record<string, unknown>>;
  /** Wall time. */
  readonly at: number;
}
