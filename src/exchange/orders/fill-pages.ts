import { TransientError } from '../../lib/errors.js';
import type { VenueFill } from './order-venue.js';

export interface FillPagesOptions {
  readonly sinceMs: number;
  readonly untilMs: number;
  /** Longest stretch that the venue answers at once. */
  readonly windowMs: number;
  /** Most fills of an answer: a full page may have left some out. */
  readonly limit: number;
  readonly fetch: (fromMs: number, toMs: number) => Promise<readonly VenueFill[]>;
}

/** All fills of a stretch of time, window by window, each once and oldest first. */
export async function fetchFillsSince(options: FillPagesOptions): Promise<VenueFill[]> {
  const { sinceMs, untilMs, windowMs } = options;
  const fills = new Map<string, VenueFill>();
  for (let fromMs = sinceMs; fromMs <= untilMs; fromMs += windowMs) {
    const toMs = Math.min(untilMs, fromMs + windowMs - 1);
    await fetchWindow(options, { fromMs, toMs, fills });
  }
  return [...fills.values()].sort((one, other) => one.filledAt - other.filledAt);
}

async function fetchWindow(
  { fetch, limit }: FillPagesOptions,
  { fromMs, toMs, fills }: { fromMs: number; toMs: number; fills: Map<string, VenueFill> },
): Promise<void> {
  for (let nextMs = fromMs; ;) {
    const page = await fetch(nextMs, toMs);
    for (const fill of page) {
      if (fill.filledAt >= fromMs) fills.set(fill.venueTradeId, fill);
    }
    if (page.length < limit) return;
    const lastMs = Math.max(...page.map(({ filledAt }) => filledAt));
    if (lastMs <= nextMs) throw new TransientError(`more than ${limit} fills within a millisecond`);
    nextMs = lastMs;
  }
}
