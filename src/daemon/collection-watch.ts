import type { Settings } from '../../config/settings.js';
import { findMissing, wantedBars } from '../collection/missing-bars.js';
import { historyBars } from '../collection/history-depth.js';
import type { Series } from '../domain/market.js';
import type { MarketData } from '../exchange/market-data.js';
import type { Logger } from '../lib/logger.js';
import type { Stores } from '../storage/stores.js';
import type { ChosenSeries } from './choose-series.js';

export interface CollectionWatchOptions {
  readonly settings: Pick<Settings, 'historyDays' | 'trainMonthsBack'>;
  readonly chosen: ChosenSeries;
  readonly marketData: Pick<MarketData, 'venue' | 'clock'>;
  readonly stores: Pick<Stores, 'series' | 'candles' | 'knownGaps'>;
  readonly logger: Logger;
}

/** How far another installation is with what this one was asked to collect. */
export interface WatchedProgress {
  readonly seriesReady: number;
  readonly seriesTotal: number;
  readonly barsDone: number;
  readonly barsWanted: number;
  readonly percentage: number;
  readonly isUpToDate: boolean;
  /** Series that the other installation has not begun to collect. */
  readonly absent: readonly string[];
}

const NOTHING_YET: WatchedProgress = {
  seriesReady: 0,
  seriesTotal: 0,
  barsDone: 0,
  barsWanted: 0,
  percentage: 0,
  isUpToDate: false,
  absent: [],
};

/**
 * Follows an installation on another machine that collects into the same database. Only the database
 * tells how far that one is, so the bars it has stored are counted.
 */
export class CollectionWatch {
  readonly #options: CollectionWatchOptions;
  #progress = NOTHING_YET;
  /** The installation that was last named in the log. */
  #named: string | undefined;

  constructor(options: CollectionWatchOptions) {
    this.#options = options;
  }

  get progress(): WatchedProgress {
    return this.#progress;
  }

  /** Counts what `other` has stored by now. */
  async refresh(other: string): Promise<void> {
    const { logger } = this.#options;
    const { series, absent } = await this.#findSeries();
    if (this.#named !== other) {
      logger.info(`Installation ${other} collects into this database: watching its progress`);
      if (absent.length > 0) logger.warn(`It does not collect ${absent.join(', ')}`);
      this.#named = other;
    }
    this.#progress = { ...(await this.#count(series)), absent };
  }

  async #findSeries(): Promise<{ readonly series: Series[]; readonly absent: string[] }> {
    const { chosen, marketData, stores } = this.#options;
    const { venue } = marketData;
    const series: Series[] = [];
    const absent: string[] = [];
    for (const symbol of chosen.symbols) {
      for (const timeframe of chosen.timeframes) {
        const found = await stores.series.find({ venue, symbol, timeframe });
        if (found === undefined) absent.push(`${symbol} ${timeframe}`);
        else series.push(found);
      }
    }
    return { series, absent };
  }

  async #count(series: readonly Series[]): Promise<Omit<WatchedProgress, 'absent'>> {
    const { settings, marketData, stores } = this.#options;
    const marketMs = marketData.clock.marketMs();
    let missing = 0;
    let barsWanted = 0;
    let seriesReady = 0;
    for (const one of series) {
      const within = wantedBars(one, {
        historyBars: historyBars(one.timeframe, settings),
        marketMs,
      });
      const absent = await findMissing(one, within, stores);
      barsWanted += within.last - within.first + 1;
      missing += absent.length;
      if (absent.length === 0) seriesReady++;
    }
    const barsDone = barsWanted - missing;
    return {
      seriesReady,
      seriesTotal: series.length,
      barsDone,
      barsWanted,
      percentage: barsWanted === 0 ? 0 : Math.floor((100 * barsDone) / barsWanted),
      isUpToDate: missing === 0,
    };
  }
}
