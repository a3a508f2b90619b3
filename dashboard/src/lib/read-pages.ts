export interface Page {
  readonly limit: number;
  readonly offset: number;
}

export interface PageOf<T> {
  readonly total: number;
  readonly rows: readonly T[];
}

/** The most that the daemon gives at once. */
const PAGE_ROWS = 1000;

/**
 * The whole of a list that the daemon gives in pages, in its order.
 * @param most where to stop, for what shows no more than that
 */
export async function readPages<T>(
  read: (page: Page) => Promise<PageOf<T>>,
  keyOf: (row: T) => string,
  most = Infinity,
): Promise<readonly T[]> {
  // By key: a row that comes while they are read moves the others to the next page.
  const rows = new Map<string, T>();
  for (let offset = 0, total = 1; offset < Math.min(total, most); offset += PAGE_ROWS) {
    const page = await read({ limit: PAGE_ROWS, offset });
    for (const row of page.rows) rows.set(keyOf(row), row);
    total = page.total;
  }
  return [...rows.values()];
}
