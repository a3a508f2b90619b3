import type { ModelKey } from '../domain/model-key.js';
import type { FallbackReason } from '../domain/signal.js';
import type { Series, SeriesKey } from '../domain/market.js';
import { closeTimeOf, timeframeMs, type Timeframe } from '../domain/timeframe.js';
import type { Clock } from '../lib/clock.js';
import type { CachedPrediction } from '../models/cached-prediction.js';
import type { PredictionCache, PredictionSource } from '../models/prediction-cache.js';
import type { Predictor } from '../models/predictor.js';
import type { ServingModel } from '../models/serving-model.js';
import type { ServingModels } from '../models/serving-models.js';
import { chooseSignal } from './choose-signal.js';
import type { RecentBars } from './recent-bars.js';

/** Retries while the serving model changes during the request. */
const MAX_SWAPS = 20;

export interface LatestPredictionsOptions {
  /** Undefined where `PREDICTION_CACHE_ENABLED` is false: everything is computed. */
  readonly cache: PredictionCache | undefined;
  readonly bars: Pick<RecentBars, 'columnsUpTo' | 'newestOpenTime'>;
  readonly servingModels: Pick<ServingModels, 'find' | 'reportDamaged'>;
  readonly predictor: Pick<Predictor, 'predict'>;
  readonly stores: {
    readonly series: { find(key: SeriesKey): Promise<Series | undefined> };
    readonly candles: {
      latest(seriesId: number, count: number): Promise<readonly { readonly openTime: number }[]>;
    };
  };
  /** Market time that a candle may come late. */
  readonly lagMs: (timeframe: Timeframe) => number;
  readonly clock: Clock;
}

/** A serving model's prediction of the newest candle, or why there is none. */
export type LatestPrediction =
  | {
      readonly status: 'served';
      readonly prediction: CachedPrediction;
      /** True when a newer candle has closed that could not be predicted. */
      readonly isStale: boolean;
      readonly isCached: boolean;
    }
  | {
      readonly status: 'none';
      readonly reason: FallbackReason;
      /** In words, for a person. */
      readonly detail: string;
    };

/**
 * The newest predictions, to be looked at: from the cache, else computed. Trading does not read them:
 * its signals are made from the candle itself.
 */
export class LatestPredictions {
  readonly #options: LatestPredictionsOptions;
  /** Predictions that are being computed, so that many who ask at once cost one. */
  readonly #computing = new Map<string, Promise<Computed>>();

  constructor(options: LatestPredictionsOptions) {
    this.#options = options;
  }

  /** Never a prediction of a model that no longer serves, also when that changes during the call. */
  async find(key: ModelKey): Promise<LatestPrediction> {
    for (let round = 0; round < MAX_SWAPS; round++) {
      const choice = await this.#options.servingModels.find(key);
      if (choice.status === 'untrusted') return none(choice.reason, choice.detail);
      const asked = { model: choice.model, key };
      const known = this.#findCached(asked);
      if (known !== undefined) return known;
      const answer = await this.#ask(asked, { mayReuse: true });
      if (await this.#serves(asked)) return answer;
    }
    return none('inference_error', 'its model is being replaced again and again');
  }

  /** The newest predictions of these keys with the greatest expected move first. */
  async top(
    keys: readonly ModelKey[],
    limit: number,
  ): Promise<{ readonly total: number; readonly rows: readonly ServedPrediction[] }> {
    return greatestFirst(await Promise.all(keys.map((key) => this.find(key))), limit);
  }

  /**
   * Computes the newest prediction of each key and sets how long predictions live from now on, until the
   * next call: 24 hours before a full retraining, the setting's hours when it has ended.
   */
  async pregenerate(
    keys: readonly ModelKey[],
    { ttlHours }: { readonly ttlHours?: number | undefined } = {},
  ): Promise<{ readonly generated: number; readonly unavailable: number }> {
    this.#options.cache?.setLife(ttlHours);
    let generated = 0;
    for (const key of keys) {
      const choice = await this.#options.servingModels.find(key);
      if (choice.status === 'untrusted') continue;
      const answer = await this.#ask({ model: choice.model, key }, { mayReuse: false });
      if (answer.status === 'served' && !answer.isStale) generated++;
    }
    return { generated, unavailable: keys.length - generated };
  }

  /** Only from memory, so that nothing can change in between. */
  #findCached(asked: Asked): LatestPrediction | undefined {
    const { bars, cache } = this.#options;
    if (cache === undefined) return undefined;
    const openTime = bars.newestOpenTime(asked.key);
    if (openTime === undefined) return undefined;
    const prediction = cache.find(sourceOf(asked), openTime);
    if (prediction === undefined) return undefined;
    return served(prediction, { isCached: true, isStale: this.#isOutdated(prediction) });
  }

  async #ask(
    asked: Asked,
    { mayReuse }: { readonly mayReuse: boolean },
  ): Promise<LatestPrediction> {
    const { cache } = this.#options;
    const openTime = await this.#findNewestCandle(asked.key);
    const computed = await this.#compute(asked, openTime);
    if (computed.status === 'predicted') {
      return served(computed.prediction, { isCached: false, isStale: false });
    }
    const older = mayReuse ? cache?.findNewest(sourceOf(asked)) : undefined;
    if (older !== undefined) return served(older, { isCached: true, isStale: true });
    return none(computed.reason, computed.detail);
  }

  async #findNewestCandle(key: SeriesKey): Promise<number | undefined> {
    const { bars, stores } = this.#options;
    const known = bars.newestOpenTime(key);
    if (known !== undefined) return known;
    const series = await stores.series.find(key);
    if (series === undefined) return undefined;
    return (await stores.candles.latest(series.id, 1))[0]?.openTime;
  }

  #compute(asked: Asked, openTime: number | undefined): Promise<Computed> {
    if (openTime === undefined) return missing('no candle is stored');
    const { timeframe, symbol } = asked.key;
    if (this.#isOutdated({ timeframe, candleOpenTime: openTime })) {
      return missing(`the newest stored candle is of ${new Date(openTime).toISOString()}`);
    }
    const text = `${asked.model.record.uid} ${symbol} ${openTime}`;
    const known = this.#computing.get(text);
    if (known !== undefined) return known;
    const computing = this.#predict(asked, openTime).finally(() => this.#computing.delete(text));
    this.#computing.set(text, computing);
    return computing;
  }

  async #predict(asked: Asked, openTime: number): Promise<Computed> {
    const { bars, cache, clock, predictor, servingModels } = this.#options;
    const { key, model } = asked;
    const series = await bars.columnsUpTo(key, openTime);
    if (series === undefined) return missing('no candle is stored');
    const choice = await chooseSignal({
      serving: { status: 'trusted', model, record: model.record, isStale: false },
      series,
      candleOpenTime: openTime,
      findReference: (symbol) => bars.columnsUpTo({ ...key, symbol }, openTime),
      predict: (row) => predictor.predict(row),
      reportDamaged: (damaged, detail) => servingModels.reportDamaged(damaged, detail),
    });
    if (choice.source === 'fallback') {
      return { status: 'none', reason: choice.reason, detail: choice.detail };
    }
    const { probabilities, expectedReturn } = choice.predicted;
    const prediction: CachedPrediction = {
      venue: key.venue,
      symbol: key.symbol,
      timeframe: key.timeframe,
      bot: key.bot,
      modelUid: model.record.uid,
      candleOpenTime: openTime,
      probabilities,
      expectedReturn,
      predictedAt: clock.marketMs(),
    };
    // Not worth keeping once the model has been replaced.
    if (await this.#serves(asked)) cache?.put(prediction);
    return { status: 'predicted', prediction };
  }

  async #serves({ model, key }: Asked): Promise<boolean> {
    const now = await this.#options.servingModels.find(key);
    return now.status === 'trusted' && now.model.record.uid === model.record.uid;
  }

  /** Whether the next candle should be there by now. */
  #isOutdated({
    candleOpenTime,
    timeframe,
  }: Pick<CachedPrediction, 'candleOpenTime' | 'timeframe'>): boolean {
    const dueAt = closeTimeOf(candleOpenTime, timeframe) + timeframeMs(timeframe);
    return this.#options.clock.marketMs() > dueAt + this.#options.lagMs(timeframe);
  }
}

export type ServedPrediction = Extract<LatestPrediction, { status: 'served' }>;

/** Those that are served, by their expected move. */
export function greatestFirst(
  answers: readonly LatestPrediction[],
  limit: number,
): { readonly total: number; readonly rows: readonly ServedPrediction[] } {
  const rows = answers
    .filter((answer) => answer.status === 'served')
    .sort((one, other) => other.prediction.expectedReturn - one.prediction.expectedReturn);
  return { total: rows.length, rows: rows.slice(0, limit) };
}

/** A model and the instrument to predict, one of many for a global model. */
interface Asked {
  readonly model: ServingModel;
  readonly key: ModelKey;
}

function sourceOf({ model, key }: Asked): PredictionSource {
  return { modelUid: model.record.uid, symbol: key.symbol };
}

type Computed =
  | { readonly status: 'predicted'; readonly prediction: CachedPrediction }
  | Extract<LatestPrediction, { status: 'none' }>;

function served(
  prediction: CachedPrediction,
  how: { readonly isCached: boolean; readonly isStale: boolean },
): ServedPrediction {
  return { status: 'served', prediction, ...how };
}

function none(
  reason: FallbackReason,
  detail: string,
): Extract<LatestPrediction, { status: 'none' }> {
  return { status: 'none', reason, detail };
}

function missing(detail: string): Promise<Computed> {
  return Promise.resolve(none('features_missing', detail));
}
