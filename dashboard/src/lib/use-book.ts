import { computed, ref, watch, type ComputedRef, type Ref } from 'vue';
import type { Action } from './use-action';
import type { Page, PageOf } from './read-pages';
import { useExport, type Export } from './use-export';
import { useResource } from './use-resource';

/** What the lists of a page are narrowed to; empty for all. Days are those of UTC. */
export interface BookFilter {
  readonly symbol: string;
  readonly from: string;
  readonly to: string;
}

type Query = Readonly<Partial<BookFilter>>;

export interface BookOptions<T, More extends object> extends Omit<Export<T>, 'read'> {
  readonly filter: () => BookFilter;
  /** How this list alone is narrowed. */
  readonly more: () => More;
  readonly read: (query: Query & More & Page, signal?: AbortSignal) => Promise<PageOf<T>>;
}

export interface Book<T> {
  /** What the table takes. */
  readonly table: ComputedRef<{
    readonly rows: readonly T[] | undefined;
    readonly total: number;
    readonly limit: number;
    readonly error: string | undefined;
    readonly keyOf: (row: T) => string;
  }>;
  readonly offset: Ref<number>;
  readonly reload: () => Promise<void>;
  readonly csv: Action<[]>;
}

const LIMIT = 10;

/** A list of the books: narrowed, read page by page, and saved whole as a file. */
export function useBook<T, More extends object>(options: BookOptions<T, More>): Book<T> {
  const { name, columns, keyOf, filter, more, read } = options;
  const query = computed(() => ({ ...toQuery(filter()), ...more() }));
  const offset = ref(0);
  // The place begins anew when the list is another.
  watch(query, () => (offset.value = 0), { flush: 'sync' });
  const page = useResource(
    (signal) => read({ ...query.value, limit: LIMIT, offset: offset.value }, signal),
    { of: ['books'], sources: [query, offset] },
  );
  const csv = useExport<T>({
    ...{ name, columns, keyOf },
    read: (part) => read({ ...query.value, ...part }),
  });
  const table = computed(() => {
    const { rows, total = 0 } = page.data.value ?? {};
    return { rows, total, limit: LIMIT, error: page.error.value, keyOf };
  });
  return { table, offset, reload: page.reload, csv };
}

/** The filter as calls take it, with the last day to its end. */
function toQuery({ symbol, from, to }: BookFilter): Query {
  return {
    ...(symbol === '' ? {} : { symbol }),
    ...(from === '' ? {} : { from: `${from}T00:00:00.000Z` }),
    ...(to === '' ? {} : { to: `${to}T23:59:59.999Z` }),
  };
}
