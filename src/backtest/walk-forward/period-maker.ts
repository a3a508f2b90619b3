import { ServingModels } from '../../models/serving-models.js';
import { ClosedCandles } from './closed-candles.js';
import type { KeptPeriod, PeriodKey } from './kept-period.js';
import { PeriodPredictor, toStored } from './predict-period.js';
import type { RetrainingPeriod } from './retraining-periods.js';
import type { WalkRequest } from './walk-options.js';
import type { WalkTraining } from './walk-training.js';

/** A period, with what its predictions are kept by. */
export interface PlannedPeriod {
  readonly period: RetrainingPeriod;
  readonly key: PeriodKey;
}

/** Makes one period after the other: candles, models, predictions. */
export class PeriodMaker {
  readonly #request: WalkRequest;
  readonly #training: WalkTraining;
  readonly #candles: ClosedCandles;

  /** @param startIndex number of the first bar that training may look at */
  constructor(request: WalkRequest, training: WalkTraining, startIndex: number) {
    this.#request = request;
    this.#training = training;
    const { history, options } = request;
    const { stores } = training;
    this.#candles = new ClosedCandles({
      stores,
      symbols: history.symbols,
      venue: options.training.venue,
      timeframe: history.timeframe,
      startIndex,
      spreadPct: options.spreadPct,
    });
  }

  /** @returns undefined where the run was stopped */
  async make(
    { period, key }: PlannedPeriod,
    begun: string | undefined,
    onProgress: (share: number) => void,
  ): Promise<KeptPeriod | undefined> {
    if (this.#request.signal.aborted) return undefined;
    await this.#candles.storeUpTo(period.fromIndex);
    const training =
      begun === undefined
        ? await this.#training.trainAt(key, onProgress)
        : await this.#training.finish(begun, onProgress);
    if (training === undefined) return undefined;
    const symbols = await this.#newPredictor().predict(period);
    const kept = { at: key.at, training, symbols };
    if (this.#training.options.promotionGate.endsWith('+champion')) await this.#store(kept);
    return kept;
  }

  /** What serves has changed since the last one. */
  #newPredictor(): PeriodPredictor {
    const { history, options, logger } = this.#request;
    const { stores, options: training } = this.#training;
    const { ageLimits, maxFileBytes, clock } = options;
    const servingModels = new ServingModels({
      models: stores.models,
      cooldowns: stores.cooldowns,
      modelsDir: training.modelsDir,
      ageLimits,
      maxFileBytes,
      clock,
      logger,
    });
    const bot = training.bots[0] ?? '';
    return new PeriodPredictor({
      history,
      venue: training.venue,
      bot,
      servingModels,
      ageLimits,
    });
  }

  /** A challenger is compared with what the champion said since it was trained. */
  async #store({ symbols }: KeptPeriod): Promise<void> {
    const { stores, options } = this.#training;
    const { venue, timeframes, bots } = options;
    for (const one of symbols) {
      const { symbol } = one;
      const key = { venue, symbol, timeframe: timeframes[0] ?? '1h', bot: bots[0] ?? '' };
      await stores.transaction(async (tx) => {
        for (const prediction of toStored(key, one)) await tx.predictions.insert(prediction);
      });
    }
  }
}
