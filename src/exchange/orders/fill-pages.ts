import { TransientError } from '../../lib/errors.js';
import type { CcxtTrade, Params } from './ccxt-trading.js';
import type { VenueFill } from './order-venue.js';
import { toVenueFill } from './to-port.js';
import type { FillPages } from './venue-entry.js';

export interface FillPagesOptions {
  readonly sinceMs: number;
  readonly untilMs: number;
  readonly pages: FillPages;
  /** @param further what goes on after the answer before */
  readonly fetch: (fromMs: number, toMs: number, further: Params) => Promise<readonly CcxtTrade[]>;
}

/** All fills of a stretch of time, window by window, each once and oldest first. */
export async function fetchFillsSince(options: FillPagesOptions): Promise<VenueFill[]> {
  const { sinceMs, untilMs } = options;
  const { windowMs } = options.pages;
  const fills = new Map<string, VenueFill>();
  for (let fromMs = sinceMs; fromMs <= untilMs; fromMs += windowMs) {
    const toMs = Math.min(untilMs, fromMs + windowMs - 1);
    const window = { fromMs, toMs, fills };
    if (options.pages.next === undefined) await fetchByTime(options, window);
    else await fetchByCursor(options, { ...window, next: options.pages.next });
  }
  return [...fills.values()].sort((one, other) => one.filledAt - other.filledAt);
}

interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  readonly fills: Map<string, VenueFill>;
}

/** A full page may have left some out: the rest is asked for from its inner end. */
async function fetchByTime({ fetch, pages }: FillPagesOptions, window: Window): Promise<void> {
  const { limit, isNewestFirst } = pages;
  let [fromMs, toMs] = [window.fromMs, window.toMs];
  for (;;) {
    const page = (await fetch(fromMs, toMs, {})).map(toVenueFill);
    keep(page, window);
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

/** One order may be filled a hundred times within a millisecond, which times do not tell apart. */
async function fetchByCursor(
  { fetch, pages }: FillPagesOptions,
  { next, ...window }: Window & { readonly next: NonNullable<FillPages['next']> },
): Promise<void> {
  let further: Params | undefined = {};
  while (further !== undefined) {
    const trades: readonly CcxtTrade[] = await fetch(window.fromMs, window.toMs, further);
    const known = window.fills.size;
    keep(trades.map(toVenueFill), window);
    if (trades.length < pages.limit) return;
    if (window.fills.size === known) throw new TransientError('the same fills were answered again');
    further = next(trades);
  }
}

function keep(page: readonly VenueFill[], { fromMs, toMs, fills }: Window): void {
  for (const fill of page) {
    if (fill.filledAt >= fromMs && fill.filledAt <= toMs) fills.set(fill.venueTradeId, fill);
  }
}
