import type { Answer } from '../api/client';

/**
 * What may have changed, so that a part of a page asks again only for what it shows:
 * candles with signals and decisions; positions, orders and fills; jobs of training; sessions; models;
 * and `tick` for what no event tells of, with each status.
 */
export const TOPICS = ['market', 'books', 'jobs', 'sessions', 'models', 'tick'] as const;
export type Topic = (typeof TOPICS)[number];

/** An event that is not named here changes nothing that is asked for. */
const TOLD: Readonly<Record<string, readonly Topic[]>> = {
  signal: ['market'],
  decision: ['market'],
  fill: ['books'],
  'job.queued': ['jobs', 'sessions'],
  'job.started': ['jobs', 'sessions'],
  'job.finished': ['jobs', 'sessions'],
  'session.progress': ['sessions'],
  'model.promoted': ['models'],
  'model.rejected': ['models'],
  'model.failed': ['models'],
  missed: TOPICS,
};

export function topicsOf(event: string): readonly Topic[] {
  return TOLD[event] ?? [];
}

type Status = Answer<'GET /api/status'>;

/** What has changed between two answers, also where another process did it and no event told of it. */
export function topicsBetween(before: Status, now: Status): readonly Topic[] {
  if (before.run_uid !== now.run_uid || before.state !== now.state) return TOPICS;
  const isOther = (read: (status: Status) => unknown): boolean =>
    JSON.stringify(read(before)) !== JSON.stringify(read(now));
  return [
    'tick',
    ...(isOther(({ queue }) => queue) ? (['jobs', 'sessions'] as const) : []),
    ...(isOther(({ model }) => model) ? (['models'] as const) : []),
    ...(isOther(booksOf) ? (['books'] as const) : []),
  ];
}

function booksOf({ trading }: Status): unknown {
  const { halt, open_positions, unknown_orders } = trading;
  return { halt, open_positions, unknown_orders };
}

/**
 * Whether events tell of what happens. A daemon that starts, or stands by for another one that works, has
 * none of the other's.
 */
export function tellsItself({ state, trading }: Status): boolean {
  return state === 'running' && trading.standby === null;
}
