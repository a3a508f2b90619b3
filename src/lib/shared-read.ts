import type { Clock } from './clock.js';

/**
 * Reads at most once per `maxAgeMs` of wall time. All callers share the value, or the read that is under
 * way. A failure is not kept.
 */
export function sharedRead<T>(
  read: () => Promise<T>,
  { clock, maxAgeMs }: { readonly clock: Pick<Clock, 'wallMs'>; readonly maxAgeMs: number },
): () => Promise<T> {
  let known: { readonly promise: Promise<T>; readonly readAt: number } | undefined;
  return () => {
    const nowMs = clock.wallMs();
    // The absolute age: a clock that was set back must not keep an old value alive.
    if (known !== undefined && Math.abs(nowMs - known.readAt) < maxAgeMs) return known.promise;
    const mine = { promise: read(), readAt: nowMs };
    known = mine;
    mine.promise.catch(() => {
      if (known === mine) known = undefined;
    });
    return mine.promise;
  };
}
