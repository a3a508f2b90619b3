import { Collector } from '../collection/collector.js';
import { startJobs, type Job } from '../jobs/repeat.js';
import { DisposalStack } from '../lib/disposal.js';
import { chooseSeries, type ChosenSeries } from './choose-series.js';
import { CollectionLease } from './collection-lease.js';
import { CollectionWatch } from './collection-watch.js';
import { MarketWatch } from './market-watch.js';
import { toCollectionOptions } from './module-options.js';
import type { Market } from './open-market.js';
import type { Base, CurrentPhase } from './phases.js';

/** Often enough that a daemon which begins on another machine is not doubled for long. */
const LEASE_POLL_MS = 5_000;
const WATCH_POLL_MS = 2_000;

/**
 * The daemon of `npm run collect`: no signals, no trading, no training. While another installation
 * collects into the same database, this one only watches how far that one is.
 */
export async function collectOnly(base: Base, market: Market, phase: CurrentPhase): Promise<void> {
  const { settings, stores, wallClock: clock, logger, place: holder, stopping } = base;
  const { venue } = market.data;
  const chosen = chooseSeries(settings, market.data);
  const watch = new CollectionWatch({
    settings,
    chosen,
    marketData: market.data,
    stores,
    logger,
  });
  const lease = new CollectionLease({ leases: stores.leases, clock, venue, holder });
  try {
    while (!stopping.aborted) {
      const other = await lease.findOther();
      if (other === undefined) {
        await collectWhileAlone({ base, market, chosen, lease }, phase);
      } else {
        await watch.refresh(other);
        phase.enter({ ...base, name: 'watching', market, chosen, watch });
        await clock.sleep(WATCH_POLL_MS, stopping).catch(() => undefined);
      }
    }
  } finally {
    await lease.stop();
  }
}

interface Collection {
  readonly base: Base;
  readonly market: Market;
  readonly chosen: ChosenSeries;
  readonly lease: CollectionLease;
}

/** Until another installation collects, or a stop. */
async function collectWhileAlone(
  { base, market, chosen, lease }: Collection,
  phase: CurrentPhase,
): Promise<void> {
  const { settings, stores, wallClock: clock, logger, stopping, faults, quietTurns: turns } = base;
  const stack = new DisposalStack(logger);
  const collector = new Collector({
    ...toCollectionOptions(settings, chosen.timeframes),
    symbols: chosen.symbols,
    heldSymbols: () => [],
    marketData: market.data,
    stores,
    logger,
    turns,
  });
  phase.enter({ ...base, name: 'collecting', market, chosen, collector });
  stack.use('collection', collector).start();
  const leaving = new AbortController();
  stack.defer(
    'markets',
    startJobs([watchMarkets()], { clock, logger, signal: leaving.signal, faults }),
  );
  try {
    do await clock.sleep(LEASE_POLL_MS, stopping).catch(() => undefined);
    while (!stopping.aborted && (await lease.findOther()) === undefined);
  } finally {
    leaving.abort();
    await stack.stop();
  }

  /** Takes up what the venue lists and drops what it no longer lists. */
  function watchMarkets(): Job {
    let current = chosen;
    const watch = new MarketWatch({
      marketData: market.data,
      lacksSymbols: () => current.refused.length > 0,
      onReloaded: async () => {
        current = chooseSeries(settings, market.data);
        await collector.follow(current.symbols);
        phase.enter({ ...base, name: 'collecting', market, chosen: current, collector });
      },
    });
    return { name: 'markets', intervalMs: LEASE_POLL_MS, run: (signal) => watch.poll(signal) };
  }
}
