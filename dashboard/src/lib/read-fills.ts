import { call, type Answer } from '../api/client';

export type Fill = Answer<'GET /api/trades'>['trades'][number];

const PAGE = 1000;
/** A chart of more marks shows nothing; the oldest of them are left out. */
const MAX_PAGES = 20;

/** What changed hands of a symbol in a span of market time, both ends included; newest first. */
export async function readFills(
  symbol: string,
  { from, to }: { readonly from: string; readonly to?: string | undefined },
  signal: AbortSignal,
): Promise<readonly Fill[]> {
  // Without an end, what comes while it is read moves the others to the next page.
  const found = new Map<string, Fill>();
  for (let page = 0; page < MAX_PAGES; page++) {
    const query = { symbol, from, ...(to === undefined ? {} : { to }), limit: PAGE };
    const { total, trades } = await call('GET /api/trades', {
      query: { ...query, offset: page * PAGE },
      signal,
    });
    for (const fill of trades) found.set(fill.uid, fill);
    if ((page + 1) * PAGE >= total) break;
  }
  return [...found.values()];
}
