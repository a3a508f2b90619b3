import type { Collector } from '../collection/collector.js';
import { chooseAgain } from './choose-instruments.js';
import { MarketWatch } from './market-watch.js';
import type { Connected } from './phases.js';

/** A job that takes up what the venue lists and drops what it no longer lists. */
export function watchListing(
  connected: Pick<Connected, 'settings' | 'market' | 'instruments' | 'trading' | 'live' | 'logger'>,
  collector: Pick<Collector, 'follow' | 'status'>,
): (signal: AbortSignal) => Promise<void> {
  const { settings, market, instruments } = connected;
  const watch = new MarketWatch({
    marketData: market.data,
    lacksSymbols: () =>
      instruments.refused.length > 0 ||
      instruments.all.some(({ isOnHold }) => isOnHold === true) ||
      collector.status().series.some(({ isRefused }) => isRefused),
    onReloaded: async () => {
      // Steps, ticks and smallest orders may have changed as well.
      await connected.live?.start();
      const before = new Set(instruments.collected);
      instruments.change(chooseAgain(settings, market.data, instruments));
      reportChanges(before, connected);
      await collector.follow(instruments.collected);
    },
  });
  return (signal) => watch.poll(signal);
}

function reportChanges(
  before: ReadonlySet<string>,
  { instruments, market, trading, logger }: Parameters<typeof watchListing>[0],
): void {
  const { venue } = market.data;
  const now = new Set(instruments.collected);
  for (const symbol of now) {
    if (!before.has(symbol)) logger.info(`${symbol} is listed at ${venue}: followed from now on`);
  }
  const held = new Set(trading.heldSymbols());
  for (const symbol of before) {
    if (now.has(symbol)) continue;
    const rest = held.has(symbol) ? '; its position is guarded until it is closed' : '';
    logger.warn(`${symbol} is no longer listed at ${venue}: not followed any more${rest}`);
  }
}
