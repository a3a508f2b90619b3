import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import type { Candle } from '../../src/domain/candle.js';
import type { ModelKey } from '../../src/domain/model-key.js';
import type { ModelRecord } from '../../src/domain/model-record.js';
import { barOpenTime, closeTimeOf } from '../../src/domain/timeframe.js';
import { ManualClock } from '../../src/lib/manual-clock.js';
import { Predictor } from '../../src/models/predictor.js';
import { ServingModels } from '../../src/models/serving-models.js';
import { PredictionWarnings } from '../../src/signals/prediction-warnings.js';
import { RecentBars } from '../../src/signals/recent-bars.js';
import { SignalMaker } from '../../src/signals/signal-maker.js';
import { loadColumns } from '../../src/storage/reader/load-columns.js';
import type { Stores } from '../../src/storage/stores.js';
import type { TestEngine } from '../database.js';
import { WALK_START } from '../models/candle-walk.js';
import { KeptLogger } from '../models/kept-logger.js';
import { buildModelRecord, writeModelFolder, type TinyModel } from '../models/model-folder.js';

export const KEY: ModelKey = {
  venue: 'demo:test:1',
  symbol: 'BTC/USDT',
  timeframe: '1h',
  bot: 'catboost',
};

/** Open time of the bar of that number in a walk. */
export const timeOf = (bar: number): number => barOpenTime(WALK_START + bar, '1h');

/** Everything between stored candles and stored signals, as it is in the daemon. */
export interface SignalRig {
  /** Where models lie. */
  readonly modelsDir: string;
  readonly stores: Stores;
  readonly clock: ManualClock;
  readonly logger: KeptLogger;
  readonly bars: RecentBars;
  readonly servingModels: ServingModels;
  readonly predictor: Predictor;
  readonly warnings: PredictionWarnings;
  readonly maker: SignalMaker;
  storeCandles(candles: readonly Candle[], symbol?: string): Promise<void>;
  /** Promotes a model made of one of the small fixtures. @returns its record's uid */
  promote(uid: string, changes?: Partial<ModelRecord> & { model?: TinyModel }): Promise<string>;
  stop(): Promise<void>;
}

export interface RoomOptions {
  readonly engine: TestEngine;
  /** Number of the newest closed bar: market time is its close. */
  readonly newestBar: number;
}

export async function buildSignalRig({ engine, newestBar }: RoomOptions): Promise<SignalRig> {
  const modelsDir = await mkdtemp(path.join(os.tmpdir(), 'evenkeel-signals-'));
  const clock = new ManualClock(closeTimeOf(timeOf(newestBar), '1h'));
  const logger = new KeptLogger();
  const { database, stores } = await engine.open({ clock });
  const bars = new RecentBars({
    series: stores.series,
    loadColumns: (id, range) => loadColumns(database, id, range),
  });
  const { cooldowns, models } = stores;
  const limits = {
    ageLimits: { modelStaleHours: 24, modelMaxAgeHours: 168 },
    maxFileBytes: 20_000_000,
  };
  const servingModels = new ServingModels({
    ...{ models, cooldowns, modelsDir, clock, logger },
    ...limits,
  });
  const predictor = new Predictor({ clock, logger });
  const warnings = new PredictionWarnings(logger);
  const maker = new SignalMaker({ stores, bars, servingModels, predictor, warnings, clock });
  return {
    ...{ modelsDir, stores, clock, logger, bars, servingModels, predictor, warnings, maker },
    async storeCandles(candles, symbol = KEY.symbol) {
      const { venue, timeframe } = KEY;
      const marketId = symbol.replace('/', '');
      const series = await stores.series.ensure({ venue, symbol, timeframe, marketId });
      await stores.candles.upsert(series.id, candles, 'rest');
    },
    async promote(uid, { model = 'a', ...changes } = {}) {
      const options = { modelsDir, modelPath: `tiny/${uid}`, model };
      const features = changes.features === undefined ? {} : { features: changes.features };
      const { manifestSha256, modelPath } = await writeModelFolder({ ...options, ...features });
      const stored = { stage: 'candidate', trainedAt: clock.marketMs(), ...changes } as const;
      await models.insert(buildModelRecord({ uid, manifestSha256, modelPath, ...stored }));
      await models.promote(uid);
      servingModels.invalidate(KEY);
      return uid;
    },
    async stop() {
      await predictor.stop();
      await rm(modelsDir, { recursive: true, force: true });
    },
  };
}
