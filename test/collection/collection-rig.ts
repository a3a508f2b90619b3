import { afterEach } from 'vitest';
import { Collector, type CollectorOptions } from '../../src/collection/collector.js';
import type { CollectionStores } from '../../src/collection/collection-stores.js';
import type { Candle } from '../../src/domain/candle.js';
import { CcxtMarketData } from '../../src/exchange/ccxt-market-data.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { IndependentBinanceServer } from '../exchange/independent-binance-server.js';
import { makeKlines } from '../exchange/klines.js';
import { RecordingLogger } from '../exchange/recording-logger.js';

export const HOUR = 3_600_000;
/** A full hour: 2023-11-14T22:00:00Z. */
export const T0 = 472_222 * HOUR;
/** A day of training window: 24 bars, and 640 of depth on top. */
export const ONE_DAY = { historyDays: 1, trainMonthsBack: 6 } as const;
export const ONE_DAY_BARS = 24 + 640;

/**
 * Makes rigs that stop after each test. To be called inside the suite of an engine: its hooks then run
 * before the engine closes the database.
 */
export function useCollectionRigs(): (symbols?: readonly string[]) => Promise<CollectionRig> {
  const rigs: CollectionRig[] = [];
  afterEach(async () => {
    for (const rig of rigs.splice(0)) await rig.stop();
  });
  return async (symbols) => {
    const rig = await new CollectionRig(symbols).start();
    rigs.push(rig);
    return rig;
  };
}

/** A venue whose time only passes when a test says so, over real HTTP. */
export class CollectionRig {
  readonly clock = new ManualClock(T0);
  readonly logger = new RecordingLogger();
  /** By market id; bars open until long after `T0`, of which the venue shows those begun. */
  readonly klines = new Map<string, unknown[][]>();
  /** Rows that the venue adds to every answer. */
  readonly extraRows: unknown[][] = [];
  readonly server: IndependentBinanceServer;
  readonly #stops: (() => Promise<void>)[] = [];
  #baseUrl = '';

  constructor(symbols: readonly string[] = ['BTCUSDT']) {
    for (const symbol of symbols) this.klines.set(symbol, makeKlines(T0 - 1_000 * HOUR, 2_000));
    this.server = new IndependentBinanceServer({
      symbols,
      nowMs: () => this.clock.marketMs(),
      klines: (symbol) => this.#shown(symbol),
    });
  }

  async start(): Promise<this> {
    this.#baseUrl = await this.server.start();
    return this;
  }

  /** Stops the collectors, then the venue. */
  async stop(): Promise<void> {
    for (const stop of this.#stops.splice(0)) await stop();
    await this.server.stop();
  }

  /** A collector over the venue, as a process started now would make it; stopped with the rig. */
  collect(stores: CollectionStores, options: Partial<CollectorOptions> = {}): Collector {
    const marketData = new CcxtMarketData({
      exchangeId: 'binance',
      baseUrl: this.#baseUrl,
      venue: 'testvenue',
      clock: this.clock,
      monotonicMs: () => this.clock.wallMs(),
      // An answer over real HTTP would come hours of manual time after its question.
      clockRefreshMs: 1e9,
      logger: this.logger,
      requestSpacingMs: 0.5,
      timeoutMs: 5_000,
      retry: { attempts: 2, initialDelayMs: 1 },
    });
    const collector = new Collector({
      marketData,
      stores,
      logger: this.logger,
      symbols: [...this.klines.keys()],
      heldSymbols: () => [],
      timeframes: ['1h'],
      history: ONE_DAY,
      quoteIntervalMs: 60_000,
      ...options,
    });
    this.#stops.push(async () => {
      await marketData.stop();
      await collector.stop();
    });
    collector.start();
    return collector;
  }

  /** Requests for candles since the last call. */
  takeCandleRequests(): URLSearchParams[] {
    const taken = this.server.requests.splice(0).filter((path) => path.includes('/klines'));
    return taken.map((path) => new URL(path, 'http://localhost').searchParams);
  }

  /** The bar that opens that many hours after `T0`, as stored. */
  bar(symbol: string, hour: number): Candle | undefined {
    const row = this.klines.get(symbol)?.find(([openTime]) => openTime === T0 + hour * HOUR);
    return row === undefined ? undefined : toCandle(row);
  }

  /** Changes or, with `undefined`, removes the bar that opens that many hours after `T0`. */
  edit(symbol: string, hour: number, change?: (row: unknown[]) => unknown[]): void {
    const rows = this.klines.get(symbol) ?? [];
    const position = rows.findIndex(([openTime]) => openTime === T0 + hour * HOUR);
    const row = rows[position] ?? [];
    if (change === undefined) rows.splice(position, 1);
    else rows[position] = change(row);
  }

  #shown(symbol: string): unknown[][] {
    const nowMs = this.clock.marketMs();
    const begun = (this.klines.get(symbol) ?? []).filter(([openTime]) => Number(openTime) <= nowMs);
    return [...begun, ...this.extraRows];
  }
}

export function toCandle([openTime, open, high, low, close, volume]: readonly unknown[]): Candle {
  return {
    openTime: Number(openTime),
    open: Number(open),
    high: Number(high),
    low: Number(low),
    close: Number(close),
    volume: Number(volume),
  };
}
