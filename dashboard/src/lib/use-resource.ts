import {
  onScopeDispose,
  ref,
  shallowRef,
  watch,
  type Ref,
  type ShallowRef,
  type WatchSource,
} from 'vue';
import { CallError, messageOf } from '../api/client';
import { useLive } from '../stores/live';
import type { Topic } from './topics';

export interface Resource<T> {
  /** What was read last; it stays while it is read again, and when that fails. */
  readonly data: ShallowRef<T | undefined>;
  readonly error: Ref<string | undefined>;
  readonly isLoading: Ref<boolean>;
  readonly reload: () => Promise<void>;
}

export interface ResourceOptions {
  /** What it shows; none for what is read once. */
  readonly of: readonly Topic[];
  /** What the question depends on. */
  readonly sources?: readonly WatchSource[];
}

/**
 * Reads what a part of a page shows: at once, when one of `sources` changes, and whenever the daemon has
 * something new of it. Of two reads at once the later one counts.
 */
export function useResource<T>(
  read: (signal: AbortSignal) => Promise<T>,
  { of, sources = [] }: ResourceOptions,
): Resource<T> {
  const live = useLive();
  const data: ShallowRef<T | undefined> = shallowRef();
  const error = ref<string>();
  const isLoading = ref(false);
  let current: AbortController | undefined;
  /** Reads that began before a change. */
  const stale = new WeakSet<AbortController>();

  async function reload(): Promise<void> {
    current?.abort();
    const own = new AbortController();
    current = own;
    isLoading.value = true;
    try {
      const found = await read(own.signal);
      if (own.signal.aborted) return;
      data.value = found;
      error.value = undefined;
    } catch (reason) {
      if (own.signal.aborted) return;
      // Without a daemon the whole page says so, and keeps what it shows.
      const isAway = reason instanceof CallError && reason.status === 0;
      error.value = isAway && data.value !== undefined ? undefined : messageOf(reason);
    } finally {
      if (current === own) {
        current = undefined;
        isLoading.value = false;
        if (stale.has(own)) void reload();
      }
    }
  }

  /** A read that is under way ends first. */
  function renew(): void {
    if (current === undefined) void reload();
    else stale.add(current);
  }

  watch(sources as WatchSource[], () => void reload());
  watch(() => of.map((topic) => live.changes[topic]), renew);
  // No event tells that what was refused would be answered now.
  watch(
    () => live.changes.tick,
    () => {
      if (of.length > 0 && error.value !== undefined) renew();
    },
  );
  void reload();
  onScopeDispose(() => current?.abort());
  return { data, error, isLoading, reload };
}
