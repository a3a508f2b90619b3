import { findMissing, wantedBars } from '../../collection/missing-bars.js';
import { historyBars } from '../../collection/history-depth.js';
import type { Series } from '../../domain/market.js';
import type { MarketData } from '../../exchange/market-data.js';
import type { Stores } from '../../storage/stores.js';
import type { CollectOptions, CollectOutcome } from './collect-options.js';
import type { CollectionLease } from './collection-lease.js';
import type { Wanted } from './wanted-series.js';

const LOOK_MS = 2_000;

export interface WatchOptions extends CollectOptions {
  readonly wanted: Wanted;
  readonly marketData: Pick<MarketData, 'venue' | 'clock'>;
  readonly stores: Pick<Stores, 'series' | 'candles' | 'knownGaps'>;
  readonly lease: CollectionLease;
}

interface Found {
  readonly series: readonly Series[];
  /** Names that nobody has begun to collect. */
  readonly absent: readonly string[];
}

/**
 * Another installation collects into this database, and only the database tells how far it is: counts
 * what is stored until nothing is missing or the other one has ended.
 */
export async function watchDatabase(options: WatchOptions): Promise<CollectOutcome> {
  const { clock, logger, signal, lease, onProgress, wanted } = options;
  let told = '';
  const isOver = (): boolean => signal.aborted;
  while (!isOver()) {
    const other = await lease.findOther();
    if (other === undefined) return { status: 'changed-hands' };
    const { series, absent } = await findSeries(options);
    if (told !== other) {
      logger.info(`Installation ${other} collects into this database: watching its progress`);
      if (absent.length > 0) logger.warn(`It does not collect ${absent.join(', ')}`);
      told = other;
    }
    const { missing, bars, ready } = await countMissing(series, options);
    onProgress({
      by: 'the daemon',
      state: missing === 0 ? 'following' : 'backfilling',
      ...{ seriesReady: ready, seriesTotal: series.length },
      ...{ barsDone: bars - missing, barsWanted: bars },
      percentage: bars === 0 ? 0 : Math.floor((100 * (bars - missing)) / bars),
    });
    if (missing === 0) {
      const left = absent.map((name) => `${name}: the other installation does not collect it`);
      return { status: 'up-to-date', left: [...wanted.refused, ...left] };
    }
    await clock.sleep(LOOK_MS, signal).catch(() => undefined);
  }
  return { status: 'stopped', left: [] };
}

async function findSeries({ wanted, marketData, stores }: WatchOptions): Promise<Found> {
  const { venue } = marketData;
  const series: Series[] = [];
  const absent: string[] = [];
  for (const symbol of wanted.symbols) {
    for (const timeframe of wanted.timeframes) {
      const found = await stores.series.find({ venue, symbol, timeframe });
      if (found === undefined) absent.push(`${symbol} ${timeframe}`);
      else series.push(found);
    }
  }
  return { series, absent };
}

async function countMissing(
  series: readonly Series[],
  { settings, marketData, stores }: WatchOptions,
): Promise<{ missing: number; bars: number; ready: number }> {
  let missing = 0;
  let bars = 0;
  let ready = 0;
  const marketMs = marketData.clock.marketMs();
  for (const one of series) {
    const within = wantedBars(one, {
      historyBars: historyBars(one.timeframe, settings),
      marketMs,
    });
    const absent = await findMissing(one, within, stores);
    bars += within.last - within.first + 1;
    missing += absent.length;
    if (absent.length === 0) ready++;
  }
  return { missing, bars, ready };
}
