import { reactive } from 'vue';
import { TOPICS, type Topic } from './topics';

/** Many events come at once, as at the close of a candle: they are one reason to ask. */
const GATHER_MS = 400;
/** The least time between two events' reasons to ask: training tells of its models one after the other. */
const REST_MS: Readonly<Record<Topic, number>> = {
  ...{ market: 2000, books: 1000, jobs: 2000, sessions: 2000, models: 5000, tick: 2000 },
};

export interface Changes {
  /** Of each topic, counts up whenever what is shown of it may be old. */
  readonly counts: Readonly<Record<Topic, number>>;
  readonly add: (topics: readonly Topic[]) => void;
  /** Gathers what comes within a moment. */
  readonly addSoon: (topics: readonly Topic[]) => void;
  /** Forgets what is being gathered. */
  readonly forget: () => void;
}

export function countChanges(): Changes {
  const counts = reactive(
    Object.fromEntries(TOPICS.map((one) => [one, 0])) as Record<Topic, number>,
  );
  const addedAt = new Map<Topic, number>();
  const gathering = new Map<Topic, ReturnType<typeof setTimeout>>();

  function add(topics: readonly Topic[]): void {
    for (const topic of topics) {
      clearTimeout(gathering.get(topic));
      gathering.delete(topic);
      addedAt.set(topic, performance.now());
      counts[topic] += 1;
    }
  }

  function addSoon(topics: readonly Topic[]): void {
    for (const topic of topics) {
      if (gathering.has(topic)) continue;
      const restedMs = performance.now() - (addedAt.get(topic) ?? -Infinity);
      const waitMs = Math.max(GATHER_MS, REST_MS[topic] - restedMs);
      gathering.set(
        topic,
        setTimeout(() => add([topic]), waitMs),
      );
    }
  }

  function forget(): void {
    for (const waiting of gathering.values()) clearTimeout(waiting);
    gathering.clear();
  }

  return { counts, add, addSoon, forget };
}
