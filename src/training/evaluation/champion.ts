import type { ModelKey } from '../../domain/model-key.js';
import { ageHours, type LabelThresholds, type ModelRecord } from '../../domain/model-record.js';
import type { Prediction } from '../../domain/signal.js';
import { hasCurrentFeatures } from '../../models/trust.js';
import { toPrior, type Prior } from './losses.js';

/** Newest predictions that are read: more than any test part has rows after a champion's data. */
const MAX_PREDICTIONS = 10_000;

/** The serving model and its stored predictions for candles that it never saw in training. */
export interface Champion {
  readonly modelUid: string;
  /** Close time of the newest candle that any fit of it saw. */
  readonly dataEnd: number;
  /** The champion's own thresholds: its probabilities refer to them. */
  readonly thresholds: LabelThresholds;
  readonly prior: Prior;
  /** Open times of the predicted candles, after the end of its data. */
  readonly openTimes: readonly number[];
  /** p(SELL), p(HOLD), p(BUY) of each of them. */
  readonly probabilities: readonly (readonly [number, number, number])[];
  /** Expected log return of each. */
  readonly expectedReturns: readonly number[];
}

export interface ChampionStores {
  readonly models: { findServing(key: ModelKey): Promise<ModelRecord | undefined> };
  readonly predictions: {
    list(
      filter: { readonly modelUid: string; readonly from: number },
      page: { readonly limit: number; readonly offset: number },
    ): Promise<{ readonly rows: readonly Prediction[] }>;
  };
}

export interface ChampionLimits {
  readonly labelHorizonBars: number;
  readonly modelMaxAgeHours: number;
  /** Market time. */
  readonly marketMs: number;
}

/**
 * The serving model with its predictions; undefined where none serves, or the one that serves is expired, was
 * trained on older formulas or has another horizon.
 */
export async function findChampion(
  stores: ChampionStores,
  key: ModelKey,
  limits: ChampionLimits,
): Promise<Champion | undefined> {
  const record = await stores.models.findServing(key);
  if (record === undefined || !mayDefend(record, limits)) return undefined;
  const { uid: modelUid, dataEnd, thresholds, classDistribution } = record;
  if (dataEnd === undefined || thresholds === undefined || classDistribution === undefined) {
    return undefined;
  }
  const filter = { modelUid, from: dataEnd };
  const { rows } = await stores.predictions.list(filter, { limit: MAX_PREDICTIONS, offset: 0 });
  return {
    modelUid,
    dataEnd,
    thresholds,
    prior: toPrior(classDistribution),
    openTimes: rows.map(({ candleOpenTime }) => candleOpenTime),
    probabilities: rows.map(({ probabilities }) => probabilities),
    expectedReturns: rows.map(({ expectedReturn }) => expectedReturn),
  };
}

function mayDefend(record: ModelRecord, limits: ChampionLimits): boolean {
  return (
    ageHours(record, limits.marketMs) <= limits.modelMaxAgeHours &&
    record.horizonBars === limits.labelHorizonBars &&
    hasCurrentFeatures(record)
  );
}
