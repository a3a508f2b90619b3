import path from 'node:path';
import type { Settings } from '../../config/settings.js';
import type { SeriesKey } from '../domain/series.js';
import type { Prediction } from '../domain/signal.js';
import type { Logger } from '../lib/logger.js';
import type { CachedPrediction } from '../models/cached-prediction.js';
import { PredictionCache } from '../models/prediction-cache.js';
import { PredictionFile } from '../models/prediction-file.js';
import type { Market } from './open-market.js';

export function createPredictionCache(
  settings: Settings,
  { market, logger }: { readonly market: Market; readonly logger: Logger },
): PredictionCache | undefined {
  if (!settings.predictionCacheEnabled) return undefined;
  const file = path.resolve(settings.dataDir, 'cache', 'predictions');
  return new PredictionCache({
    file: new PredictionFile({ file, logger }),
    clock: market.data.clock,
    ttlHours: settings.predictionCacheTtlHours,
    maxEntries: settings.predictionCacheMaxEntries,
  });
}

export function toCached(prediction: Prediction): CachedPrediction {
  const { venue, symbol, timeframe, bot, modelUid, candleOpenTime } = prediction;
  const { probabilities, expectedReturn, predictedAt } = prediction;
  return {
    ...{ venue, symbol, timeframe, bot, modelUid, candleOpenTime },
    ...{ probabilities, expectedReturn, predictedAt },
  };
}

/** What was said from candles of this series: models look at those of the reference symbol too. */
export function saidOf(
  { venue, symbol, timeframe }: SeriesKey,
  referenceSymbol: string,
): (entry: CachedPrediction) => boolean {
  return (entry) =>
    entry.venue === venue &&
    entry.timeframe === timeframe &&
    (symbol === referenceSymbol || entry.symbol === symbol);
}
