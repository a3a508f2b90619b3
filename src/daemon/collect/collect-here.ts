import type { Collector } from '../../collection/collector.js';
import type { CollectionStatus } from '../../collection/collection-status.js';
import type { MarketData } from '../../exchange/market-data.js';
import { DisposalStack } from '../../lib/disposal.js';
import { TransientError } from '../../lib/errors.js';
import { openStores } from '../../storage/stores.js';
import { createCollector } from '../create-collector.js';
import { readInstallationId } from '../installation-id.js';
import { openMarket } from '../open-market.js';
import { openStorage } from '../open-storage.js';
import type { CollectOptions, CollectOutcome, CollectProgress } from './collect-options.js';
import { CollectionLease } from './collection-lease.js';
import { wantedSeries, type Wanted } from './wanted-series.js';
import { watchDatabase } from './watch-database.js';

const LOOK_MS = 500;
/** Often enough that a daemon which begins elsewhere is not doubled for long. */
const LEASE_LOOK_MS = 5_000;
/** With `--once` somebody waits for the end: a venue that does not answer must not be waited for long. */
const ONCE_PATIENCE_MS = 120_000;

/** Collects in this process, unless another one collects into the same database. Holds the folder. */
export async function collectHere(options: CollectOptions): Promise<CollectOutcome> {
  const { settings, clock, logger, signal } = options;
  const stack = new DisposalStack(logger);
  try {
    const { database } = await openStorage(settings, { clock, logger, signal });
    stack.defer('database', () => database.close());
    const stores = openStores(database, clock);
    const { data } = await openMarket(settings, { clock, logger, stack });
    await startMarket(data, options);
    const holder = readInstallationId(settings.dataDir, { wallMs: clock.wallMs(), logger });
    const { venue } = data;
    const lease = stack.use(
      'lease',
      new CollectionLease({ leases: stores.leases, clock, venue, holder }),
    );
    const wanted = wantedSeries(settings, data);
    const watch = (): Promise<CollectOutcome> =>
      watchDatabase({ ...options, wanted, marketData: data, stores, lease });
    if ((await lease.findOther()) !== undefined) return await watch();
    const parts = { marketData: data, stores, logger, ...wanted };
    const collector = stack.use('collection', createCollector(settings, parts));
    collector.start();
    const outcome = await follow(collector, lease, { ...options, wanted });
    if (outcome.status !== 'changed-hands') return outcome;
    await collector.stop();
    return await watch();
  } catch (error) {
    if (signal.aborted) return { status: 'stopped', left: [] };
    throw error;
  } finally {
    await stack.stop();
  }
}

/** Shows progress until everything is up to date, the signal aborts, or somebody else collects. */
async function follow(
  collector: Collector,
  lease: CollectionLease,
  options: CollectOptions & { readonly wanted: Wanted },
): Promise<CollectOutcome> {
  const { clock, signal, isOnce, onProgress, wanted } = options;
  let leaseDueMs = clock.wallMs() + LEASE_LOOK_MS;
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    const status = collector.status();
    onProgress(toProgress(status));
    if (isOnce && isSettled(status)) {
      return { status: 'up-to-date', left: [...wanted.refused, ...leftOf(status)] };
    }
    if (clock.wallMs() >= leaseDueMs) {
      leaseDueMs = clock.wallMs() + LEASE_LOOK_MS;
      if ((await lease.findOther()) !== undefined) return { status: 'changed-hands' };
    }
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
  return { status: 'stopped', left: [] };
}

/** Nothing more will come by itself: every series is up to date, or the venue refuses it. */
function isSettled({ phase, series, pausedBy }: CollectionStatus): boolean {
  if (pausedBy !== undefined || phase === 'idle' || phase === 'connecting') return false;
  return series.every(
    (one) => one.isRefused || (one.state === 'following' && one.barsBehind === 0),
  );
}

function leftOf({ series, refused }: CollectionStatus): string[] {
  return [
    ...refused.map(({ name, reason }) => `${name}: ${reason}`),
    ...series
      .filter((one) => one.isRefused)
      .map((one) => `${one.symbol} ${one.timeframe}: ${one.lastError ?? 'refused'}`),
  ];
}

function toProgress({ phase, pausedBy, progress }: CollectionStatus): CollectProgress {
  return {
    by: 'this process',
    state: pausedBy === undefined ? phase : 'paused',
    ...progress,
  };
}

async function startMarket(
  data: MarketData,
  { clock, signal, isOnce }: CollectOptions,
): Promise<void> {
  if (!isOnce) return data.start(signal);
  const late = new AbortController();
  const started = new AbortController();
  const giveUp = new TransientError(
    `${data.venue} does not answer; look at the network, EXCHANGE and EXCHANGE_BASE_URL`,
  );
  void clock
    .sleep(ONCE_PATIENCE_MS, AbortSignal.any([signal, started.signal]))
    .then(() => late.abort(giveUp))
    .catch(() => undefined);
  try {
    await data.start(AbortSignal.any([signal, late.signal]));
  } finally {
    started.abort();
  }
}
