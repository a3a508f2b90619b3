import { call, type Answer, type Wish } from '../api/client';
import { readPages } from './read-pages';

export type Signal = Answer<'GET /api/signals'>['signals'][number];
export type Decision = Answer<'GET /api/decisions'>['decisions'][number];

type Query = NonNullable<Wish<'GET /api/signals'>['query']> &
  NonNullable<Wish<'GET /api/decisions'>['query']>;

/** All signals that fit, newest first. A candle has one of each model that answered for it. */
export function readSignals(query: Query, signal: AbortSignal): Promise<readonly Signal[]> {
  return readPages(
    async (page) => {
      const asked = { query: { ...query, ...page }, signal };
      const { total, signals: rows } = await call('GET /api/signals', asked);
      return { total, rows };
    },
    ({ uid }) => uid,
  );
}

/** All decisions that fit, newest first; one on each signal. */
export function readDecisions(query: Query, signal: AbortSignal): Promise<readonly Decision[]> {
  return readPages(
    async (page) => {
      const asked = { query: { ...query, ...page }, signal };
      const { total, decisions: rows } = await call('GET /api/decisions', asked);
      return { total, rows };
    },
    ({ uid }) => uid,
  );
}
