import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Candle } from '../../src/domain/candle.js';
import type { Series } from '../../src/domain/market.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { SILENT_LOGGER } from '../../src/lib/silent-logger.js';
import { EmbeddingLane } from '../../src/lookalikes/sessions/embedding-lane.js';
import { Lookalikes, type LookalikesOptions } from '../../src/lookalikes/lookalikes.js';
import { LookalikeIndex } from '../../src/lookalikes/worker/lookalike-index.js';
import type { LookalikePlaces } from '../../src/lookalikes/worker/lookalike-protocol.js';
import type { Stores } from '../../src/storage/stores.js';
import { TrainingQueue } from '../../src/training/queue/training-queue.js';
import { TrainingSessions } from '../../src/training/queue/training-sessions.js';
import type { TestEngine } from '../database.js';
import { plantedCandles } from '../training/planted-candles.js';

export const VENUE = 'test';
export const HOUR_MS = 3_600_000;
export const START_MS = Date.UTC(2024, 5, 3);
const BARS = 1200;
export const SYMBOLS = ['BTC/USDT', 'ETH/USDT', 'SOL/USDT'] as const;

export interface LookalikeRun {
  readonly lookalikes: Lookalikes;
  readonly lane: EmbeddingLane;
  readonly index: LookalikeIndex;
  readonly sessions: TrainingSessions;
  readonly queue: TrainingQueue;
  stop(): Promise<void>;
}

/** Stored candles of three markets, and runs of the daemon's part that finds look-alikes in them. */
export class LookalikeRig {
  readonly stores: Stores;
  readonly clock = new ManualClock(START_MS);
  readonly folder = mkdtempSync(path.join(tmpdir(), 'evenkeel-lookalikes-'));
  readonly #engine: TestEngine;
  #run: LookalikeRun | undefined;
  #runs = 0;

  private constructor(engine: TestEngine, stores: Stores) {
    this.#engine = engine;
    this.stores = stores;
  }

  static async open(engine: TestEngine): Promise<LookalikeRig> {
    const { stores } = await engine.open();
    const rig = new LookalikeRig(engine, stores);
    for (const [seed, symbol] of SYMBOLS.entries()) {
      const lastOpenTime = START_MS - HOUR_MS;
      const candles = plantedCandles({ bars: BARS, lastOpenTime, seed: seed + 1, momentum: 0.3 });
      await rig.store(symbol, candles);
    }
    return rig;
  }

  async store(symbol: string, candles: readonly Candle[]): Promise<Series> {
    const marketId = symbol.replace('/', '');
    const key = { venue: VENUE, symbol, timeframe: '1h', marketId } as const;
    const series = await this.stores.series.ensure(key);
    await this.stores.candles.upsert(series.id, candles, 'rest');
    return series;
  }

  async series(symbol: string): Promise<Series> {
    const series = await this.stores.series.find({ venue: VENUE, symbol, timeframe: '1h' });
    if (series === undefined) throw new Error(`no series of ${symbol}`);
    return series;
  }

  /** A new run over the same database and files; the one before is stopped. */
  async start(
    changes: Partial<Pick<LookalikesOptions, 'basis' | 'isAlways'>> &
      Partial<Pick<LookalikePlaces, 'folder' | 'qdrant'>> = {},
  ): Promise<LookalikeRun> {
    await this.#run?.stop();
    const { stores, clock } = this;
    const { basis = { referenceSymbol: 'BTC/USDT' }, isAlways = false, qdrant } = changes;
    const { folder = path.join(this.folder, 'lookalikes') } = changes;
    const places = { location: this.#engine.location(), folder, maxRows: 1_000_000, qdrant };
    const common = { stores, clock, logger: SILENT_LOGGER, venue: VENUE, basis };
    const index = new LookalikeIndex({ places, clock, logger: SILENT_LOGGER });
    const options = { venue: VENUE, batchSize: 25, pauseFile: undefined };
    const handles = { wake: () => lane.wake(), abort: abortOnLane };
    const queue = new TrainingQueue({ ...common, ...handles, options });
    const sessions = new TrainingSessions({ ...common, ...handles, options, lanes: 1 });
    const lane: EmbeddingLane = new EmbeddingLane({
      ...common,
      index,
      runUid: `run-${++this.#runs}`,
      isHeld: () => queue.isHeld(),
    });
    function abortOnLane(isMeant: Parameters<EmbeddingLane['abort']>[0]): void {
      lane.abort(isMeant);
    }
    const lookalikes = new Lookalikes({ ...common, index, isAlways, sessions: () => sessions });
    await queue.start();
    lane.start();
    const stop = async (): Promise<void> => {
      await queue.stop();
      await lane.stop();
      await lookalikes.stop();
      this.#run = undefined;
    };
    this.#run = { lookalikes, lane, index, sessions, queue, stop };
    return this.#run;
  }

  async close(): Promise<void> {
    await this.#run?.stop();
    rmSync(this.folder, { recursive: true, force: true });
  }
}
