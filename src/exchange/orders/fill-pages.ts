import { TransientError } from '../../lib/errors.js';
import type { VenueFill } from './order-venue.js';
import type { FillPages } from './venue-entry.js';

export interface FillPagesOptions {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly pages: FillPages;
  readonly fetch: (fromMs: number, toMs: number) => Promise<readonly VenueFill[]>;
}

/** All fills of a stretch of time, window by window, each once and oldest first. */
export async function fetchFillsSince(options: FillPagesOptions): Promise<VenueFill[]> {
  const { sinceMs, untilMs } = options;
  const { windowMs } = options.pages;
  const fills = new Map<string, VenueFill>();
  for (let fromMs = sinceMs; fromMs <= untilMs; fromMs += windowMs) {
    const toMs = Math.min(untilMs, fromMs + windowMs - 1);
    await fetchWindow(options, { fromMs, toMs, fills });
  }
  return [...fills.values()].sort((one, other) => one.filledAt - other.filledAt);
}

interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  readonly fills: Map<string, VenueFill>;
}

/** A full page may have left some out: the rest is asked for from its inner end. */
async function fetchWindow({ fetch, pages }: FillPagesOptions, window: Window): Promise<void> {
  const { limit, isNewestFirst } = pages;
  let [fromMs, toMs] = [window.fromMs, window.toMs];
  for (;;) {
    const page = await fetch(fromMs, toMs);
    for (const fill of page) {
      const isInside = fill.filledAt >= window.fromMs && fill.filledAt <= window.toMs;
      if (isInside) window.fills.set(fill.venueTradeId, fill);
    }
    if (page.length < limit) return;
    const times = page.map(({ filledAt }) => filledAt);
    const [oldestMs, newestMs] = [Math.min(...times), Math.max(...times)];
    if (isNewestFirst ? oldestMs >= toMs : newestMs <= fromMs) {
      throw new TransientError(`more than ${limit} fills within a millisecond`);
    }
    if (isNewestFirst) toMs = oldestMs;
    else fromMs = newestMs;
  }
}
