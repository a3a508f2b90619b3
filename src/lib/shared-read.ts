import type { Clock } from './clock.js';

/**
 * Reads at most once in `maxAgeMs` of wall time, however many ask: they share what was read, and a read
 * that is under way. A failure is not kept.
 */
export function sharedRead<T>(
  read: () => Promise<T>,
  { clock, maxAgeMs }: { readonly clock: Pick<Clock, 'wallMs'>; readonly maxAgeMs: number },
): () => Promise<T> {
  let known: { readonly promise: Promise<T>; readonly readAt: number } | undefined;
  return () => {
    const nowMs = clock.wallMs();
    // A clock that was set back must not keep an old answer alive.
    if (known !== undefined && Math.abs(nowMs - known.readAt) < maxAgeMs) return known.promise;
    const mine = { promise: read(), readAt: nowMs };
    known = mine;
    mine.promise.catch(() => {
      if (known === mine) known = undefined;
    });
    return mine.promise;
  };
}
