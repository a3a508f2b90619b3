import { setMaxListeners } from 'node:events';
import PQueue from 'p-queue';
import type { Candle } from '../domain/candle.js';
import type { Quote, Series } from '../domain/market.js';
import { timeframeMs, type Timeframe } from '../domain/timeframe.js';
import type { MarketData } from '../exchange/market-data.js';
import { messageOf } from '../lib/errors.js';
import type { Logger } from '../lib/logger.js';
import { Turns, type TurnSource } from '../lib/turns.js';
import { CollectionSchedule } from './collection-schedule.js';
import {
  toCollectionStatus,
  type CollectionPhase,
  type CollectionStatus,
} from './collection-status.js';
import type { CollectionStores } from './collection-stores.js';
import type { HistorySettings } from './history-depth.js';
import { openSeries, type Refusal } from './open-series.js';
import { PauseFile } from './pause-file.js';
import { Quotes } from './quotes.js';
import { nameOf, type TrackedSeries } from './tracked-series.js';

const QUOTES_A_BAR = 4;
const MIN_QUOTE_INTERVAL_MS = 500;
/** Venues publish a bar within about that time of its close. */
const FOLLOW_DELAY_MS = 500;
const STALE_AFTER_BARS = 4;
const START_RETRY_MS = 5_000;

export interface CollectionListener {
  /** New closed candles of one series have been stored, ascending. */
  closedCandles?(series: Series, candles: readonly Candle[]): void;
  /** The history of a series is complete; from here on it is followed. */
  seriesReady?(series: Series): void;
  /** Stored candles changed from that open time on: what was computed from them is out of date. */
  revised?(series: Series, fromOpenTime: number): void;
  /** New prices have been stored. */
  quotes?(quotes: readonly Quote[]): void;
}

export interface CollectorOptions {
  readonly marketData: MarketData;
  readonly stores: CollectionStores;
  readonly logger: Logger;
  /** As configured, in order of importance; `all` means every spot market, or those in `allQuote`. */
  readonly symbols: readonly string[] | 'all';
  readonly allQuote?: string;
  readonly timeframes: readonly Timeframe[];
  /** Further symbols whose prices are followed: what is held, whether or not it is configured. */
  readonly heldSymbols: () => readonly string[];
  readonly history: HistorySettings;
  /** Wall time between two bulk calls for prices (`ANALYSIS_INTERVAL_SEC`); a scaled market gets more. */
  readonly quoteIntervalMs: number;
  /** Market time that a venue is given to publish a bar after its close. */
  readonly followDelayMs?: number;
  /** Bars of market time that may be missing before data counts as stale. */
  readonly staleAfterBars?: number;
  /** `PAUSE_COLLECTOR_FILE`: while it exists candles wait. */
  readonly pauseFile?: string;
  /** In which pages are stored. Default: the next ones. */
  readonly turns?: TurnSource;
}

/**
 * Collects candles and prices: waits for the venue, back-fills every series, then follows each at
 * its bars' closes. One series failing never stops the others, and a venue that is away never stops
 * the collector. While the pause file exists no candle is asked for and nothing is forgotten; prices
 * go on, because the stops of open positions need them.
 */
export class Collector {
  readonly quotes: Quotes;
  readonly #options: CollectorOptions;
  readonly #stopping = new AbortController();
  readonly #writes = new PQueue({ concurrency: 1 });
  readonly #turns: TurnSource;
  readonly #listeners = new Set<CollectionListener>();
  readonly #pauseFile: PauseFile | undefined;
  #symbols: CollectorOptions['symbols'];
  #tracked: readonly TrackedSeries[] = [];
  #refused: readonly Refusal[] = [];
  #phase: CollectionPhase = 'idle';
  #running: Promise<void> | undefined;
  #schedule: CollectionSchedule | undefined;

  constructor(options: CollectorOptions) {
    this.#options = options;
    this.#symbols = options.symbols;
    this.#turns = options.turns ?? new Turns();
    // Every request under way listens for the stop.
    setMaxListeners(0, this.#stopping.signal);
    const { pauseFile, logger } = options;
    const { clock } = options.marketData;
    this.#pauseFile =
      pauseFile === undefined
        ? undefined
        : new PauseFile({ file: pauseFile, subject: 'Collection', clock, logger });
    this.quotes = new Quotes({
      marketData: options.marketData,
      prices: options.stores.prices,
      logger,
      symbols: () => this.#quotedSymbols(),
      onQuotes: (quotes) => this.#notify((one) => one.quotes?.(quotes)),
      everyMs: quoteIntervalMs(options),
    });
  }

  /** Begins in the background and returns at once; the outcome shows in `status` and the events. */
  start(): void {
    this.#running ??= this.#run(this.#stopping.signal).catch((error: unknown) => {
      if (this.#stopping.signal.aborted) return;
      const reason = messageOf(error);
      this.#refused = [...this.#refused, { name: this.#options.marketData.venue, reason }];
      this.#options.logger.error('Collection cannot go on', { reason });
    });
  }

  /** Ends what is under way and resolves when it has ended. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error('collection was stopped'));
    await this.#running;
    this.#phase = 'stopped';
  }

  /** Returns the function that ends the subscription. */
  subscribe(listener: CollectionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  get phase(): CollectionPhase {
    return this.#phase;
  }

  /** Series that are collected, in the order of the configuration; empty before the venue answered. */
  get series(): readonly Series[] {
    return this.#tracked.map(({ series }) => series);
  }

  /**
   * Follows these symbols from now on: newcomers are back-filled, the others are not asked for any more.
   * What the venue refused is asked for once more at once, because it may have changed.
   */
  async follow(symbols: readonly string[]): Promise<void> {
    this.#symbols = symbols;
    if (this.#phase === 'idle' || this.#phase === 'connecting') return;
    const { marketData, stores } = this.#options;
    const known = new Set(this.#tracked.map(({ series }) => series.symbol));
    const added = symbols.filter((symbol) => !known.has(symbol));
    const wanted = { ...this.#options, symbols: added };
    const { tracked, refused } = await openSeries(wanted, marketData, stores.series);
    const followed = new Set(symbols);
    const kept = this.#tracked.filter(({ series }) => followed.has(series.symbol));
    for (const one of kept) if (one.isRefused) one.notBeforeWallMs = 0;
    this.#tracked = [...kept, ...tracked];
    const asked = new Set([...added, ...refused.map(({ name }) => name)]);
    this.#refused = [...this.#refused.filter(({ name }) => !asked.has(name)), ...refused];
  }

  /**
   * Has all that is missing asked for again, of every series or of those of a symbol and a timeframe, as soon
   * as they are followed.
   *
   * @returns how many series that is
   */
  repair(wanted: {
    readonly symbol?: string | undefined;
    readonly timeframe?: Timeframe | undefined;
  }): number {
    const { symbol, timeframe } = wanted;
    const found = this.#tracked.filter(
      ({ series }) =>
        [series.symbol, undefined].includes(symbol) &&
        [series.timeframe, undefined].includes(timeframe),
    );
    for (const one of found) one.isRepairWanted = true;
    this.#schedule?.wake();
    return found.length;
  }

  status(): CollectionStatus {
    return toCollectionStatus(this.#tracked, {
      phase: this.#phase,
      pausedBy: this.#pauseFile?.isPaused === true ? this.#pauseFile.file : undefined,
      marketMs: this.#options.marketData.clock.marketMs(),
      staleAfterBars: this.#options.staleAfterBars ?? STALE_AFTER_BARS,
      refused: this.#refused,
      quotesError: this.quotes.failure?.reason,
      unquoted: this.quotes.unquoted,
    });
  }

  #quotedSymbols(): readonly string[] {
    const collected = this.#tracked.map(({ series }) => series.symbol);
    return [...new Set([...collected, ...this.#options.heldSymbols()])];
  }

  async #run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#pauseFile?.run(signal), this.#collect(signal)]);
  }

  async #collect(signal: AbortSignal): Promise<void> {
    this.#phase = 'connecting';
    await this.#options.marketData.start(signal);
    await this.#openSeries(signal);
    this.#phase = 'backfilling';
    const schedule = this.#createSchedule();
    this.#schedule = schedule;
    await Promise.all([this.quotes.run(signal), schedule.run(() => this.#tracked, signal)]);
  }

  /** The database may be away for a while, as the venue may. */
  async #openSeries(signal: AbortSignal): Promise<void> {
    const { marketData, stores, logger } = this.#options;
    for (;;) {
      try {
        const wanted = { ...this.#options, symbols: this.#symbols };
        const { tracked, refused } = await openSeries(wanted, marketData, stores.series);
        this.#tracked = tracked;
        this.#refused = refused;
        for (const { name, reason } of refused)
          logger.error(`${name} is not collected`, { reason });
        return;
      } catch (error) {
        logger.warn('Series cannot be opened yet; trying again', { reason: messageOf(error) });
        await marketData.clock.sleep(START_RETRY_MS, signal);
      }
    }
  }

  #createSchedule(): CollectionSchedule {
    const { marketData, stores, logger, history } = this.#options;
    const { clock } = marketData;
    return new CollectionSchedule({
      marketData,
      stores,
      logger,
      history,
      clock,
      followDelayMs: this.#options.followDelayMs ?? FOLLOW_DELAY_MS,
      safePoint: () => this.#safePoint(),
      inTurn: (write) => this.#writes.add(() => this.#turns.next().then(write)),
      onReady: (tracked) => this.#noteReady(tracked),
      onClosed: ({ series }, candles) =>
        this.#notify((one) => one.closedCandles?.(series, candles)),
      onRevised: ({ series }, from) => this.#notify((one) => one.revised?.(series, from)),
    });
  }

  /** Between two pages collection may be held. */
  async #safePoint(): Promise<void> {
    await this.#pauseFile?.passage(this.#stopping.signal);
  }

  #noteReady(tracked: TrackedSeries): void {
    const { percentage, seriesReady, seriesTotal } = this.status().progress;
    this.#options.logger.info(`${nameOf(tracked)} is up to date`, {
      barsFetched: tracked.barsWanted,
      series: `${seriesReady} of ${seriesTotal}`,
      percentage,
    });
    if (seriesReady === seriesTotal) this.#phase = 'following';
    this.#notify((one) => one.seriesReady?.(tracked.series));
  }

  #notify(call: (listener: CollectionListener) => void): void {
    for (const listener of this.#listeners) {
      try {
        call(listener);
      } catch (error) {
        this.#options.logger.error('A listener of collection failed', { error });
      }
    }
  }
}

/** A scaled market gets at least four prices a bar, which lasts only seconds of wall time there. */
function quoteIntervalMs({ marketData, timeframes, quoteIntervalMs }: CollectorOptions): number {
  const { speed } = marketData.clock;
  if (speed === 1) return quoteIntervalMs;
  const shortestMs = Math.min(...timeframes.map((timeframe) => timeframeMs(timeframe)));
  const quarterBarMs = shortestMs / speed / QUOTES_A_BAR;
  return Math.max(MIN_QUOTE_INTERVAL_MS, Math.min(quoteIntervalMs, quarterBarMs));
}
