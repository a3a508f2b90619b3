import { call, type Answer } from '../api/client';
import { readPages } from './read-pages';

export type Fill = Answer<'GET /api/trades'>['trades'][number];

/** A chart of more marks shows nothing; the oldest of them are left out. */
const MOST = 20_000;

/** What changed hands of a symbol in a span of market time, both ends included; newest first. */
export function readFills(
  symbol: string,
  { from, to }: { readonly from: string; readonly to?: string | undefined },
  signal: AbortSignal,
): Promise<readonly Fill[]> {
  return readPages(
    async (page) => {
      const query = { symbol, from, ...(to === undefined ? {} : { to }), ...page };
      const { total, trades: rows } = await call('GET /api/trades', { query, signal });
      return { total, rows };
    },
    ({ uid }) => uid,
    MOST,
  );
}
