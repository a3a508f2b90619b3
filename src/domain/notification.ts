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
