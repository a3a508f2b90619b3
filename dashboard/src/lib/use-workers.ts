import { watch } from 'vue';
import { call, type Answer } from '../api/client';
import { useLive } from '../stores/live';
import { useResource, type Resource } from './use-resource';

export type Workers = Answer<'GET /api/workers'>;

/** A page of the processes that train in place of the daemon; none where it trains by itself. */
export function useWorkers(limit: number, offset: () => number = () => 0): Resource<Workers> {
  const live = useLive();
  const workers = useResource(
    (signal) => call('GET /api/workers', { query: { limit, offset: offset() }, signal }),
    { of: ['jobs'], sources: [offset] },
  );
  // No event tells of their signs of life.
  watch(
    () => live.changes.tick,
    () => {
      if ((workers.data.value?.total ?? 0) > 0) void workers.reload();
    },
  );
  return workers;
}
