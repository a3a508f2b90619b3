import { computed, ref, watch, type ComputedRef, type Ref } from 'vue';

/** What the lists of a page are narrowed to; empty for all. Days are those of UTC. */
export interface BookFilter {
  readonly symbol: string;
  readonly from: string;
  readonly to: string;
}

type Query = Readonly<Partial<BookFilter>>;

/** The place in a list, which begins anew when the list is another. */
export function useOffset(query: ComputedRef<unknown>): Ref<number> {
  const offset = ref(0);
  watch(query, () => (offset.value = 0), { flush: 'sync' });
  return offset;
}

/** The filter as calls take it, with the last day to its end. */
export function useFilterQuery(filter: () => BookFilter): ComputedRef<Query> {
  return computed(() => {
    const { symbol, from, to } = filter();
    return {
      ...(symbol === '' ? {} : { symbol }),
      ...(from === '' ? {} : { from: `${from}T00:00:00.000Z` }),
      ...(to === '' ? {} : { to: `${to}T23:59:59.999Z` }),
    };
  });
}
