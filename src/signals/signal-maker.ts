import { BarState, type CandleColumns } from '../domain/candle-columns.js';
import { modelKeyText, type ModelKey } from '../domain/model-key.js';
import type { FallbackSignal, ModelSignal, Prediction, Signal } from '../domain/signal.js';
import type { Predictor } from '../models/predictor.js';
import type { ServingModels } from '../models/serving-models.js';
import type { Clock } from '../lib/clock.js';
import { RejectedError } from '../lib/errors.js';
import { newUid } from '../lib/uid.js';
import { chooseSignal, type SignalChoice } from './choose-signal.js';
import { fallbackDirection } from './fallback-signal.js';
import { directionOf } from './model-signal.js';
import type { PredictionWarnings } from './prediction-warnings.js';
import type { RecentBars } from './recent-bars.js';
import type { SignalStores } from './signal-stores.js';

/** Signals of one candle: the fallback's and one for each model promoted while it was the newest. */
const MAX_SIGNALS_A_CANDLE = 50;

export interface SignalMakerOptions {
  readonly stores: Pick<SignalStores, 'signals' | 'transaction'>;
  readonly bars: Pick<RecentBars, 'columnsUpTo'>;
  readonly servingModels: Pick<ServingModels, 'find' | 'reportDamaged'>;
  readonly predictor: Pick<Predictor, 'predict'>;
  readonly warnings: PredictionWarnings;
  readonly clock: Clock;
  /** Called with a prediction after it is stored. */
  readonly onPredicted?: ((prediction: Prediction) => void) | undefined;
}

export interface SignalRequest {
  readonly key: ModelKey;
  readonly candleOpenTime: number;
  /** Only a promotion makes a second signal for a candle that has one. */
  readonly cause: 'closed' | 'start' | 'promotion';
}

export interface MadeSignal {
  readonly signal: Signal;
  /** False when the candle had this signal already. */
  readonly isNew: boolean;
}

/** Makes and stores the signal of a candle: a model's where one may be trusted, else the fallback's. */
export class SignalMaker {
  readonly #options: SignalMakerOptions;

  constructor(options: SignalMakerOptions) {
    this.#options = options;
  }

  /** @throws RejectedError when the candle is not stored */
  async makeSignal(request: SignalRequest): Promise<MadeSignal> {
    const { warnings } = this.#options;
    const earlier = await this.#findNewest(request);
    if (earlier !== undefined && request.cause !== 'promotion') {
      const reason = earlier.source === 'fallback' ? earlier.fallbackReason : undefined;
      warnings.observe(request.key, reason);
      return { signal: earlier, isNew: false };
    }
    const columns = await this.#getColumns(request);
    const choice = await this.#choose(request, columns);
    warnings.observe(request.key, choice.source === 'fallback' ? choice.reason : undefined);
    if (earlier !== undefined && !supersedes(choice, earlier)) {
      return { signal: earlier, isNew: false };
    }
    if (choice.source === 'fallback') {
      warnings.note(request.key, choice.reason, choice.detail);
    }
    const base = this.#describe(request, columns, earlier);
    return choice.source === 'model'
      ? this.#storeModelSignal(base, choice)
      : this.#storeFallbackSignal(base, choice, columns);
  }

  async #findNewest({ candleOpenTime, key }: SignalRequest): Promise<Signal | undefined> {
    const { bot, symbol, timeframe, venue } = key;
    const filter = { venue, symbol, timeframe, bot, from: candleOpenTime, to: candleOpenTime };
    const page = { limit: MAX_SIGNALS_A_CANDLE, offset: 0 };
    const { rows } = await this.#options.stores.signals.list(filter, page);
    return rows[0];
  }

  /** Bars that end with the candle. */
  async #getColumns({ candleOpenTime, key }: SignalRequest): Promise<CandleColumns> {
    const columns = await this.#options.bars.columnsUpTo(key, candleOpenTime);
    const state = columns?.state[columns.length - 1];
    if (columns === undefined || state === undefined || state === BarState.unknown) {
      const when = new Date(candleOpenTime).toISOString();
      throw new RejectedError(`No candle of ${modelKeyText(key)} is stored at ${when}`);
    }
    return columns;
  }

  async #choose(request: SignalRequest, series: CandleColumns): Promise<SignalChoice> {
    const { bars, predictor, servingModels } = this.#options;
    const { candleOpenTime, key } = request;
    return chooseSignal({
      serving: await servingModels.find(key),
      series,
      candleOpenTime,
      findReference: (symbol) => bars.columnsUpTo({ ...key, symbol }, candleOpenTime),
      predict: (row) => predictor.predict(row),
      reportDamaged: (model, detail) => servingModels.reportDamaged(model, detail),
    });
  }

  #describe(
    { candleOpenTime, key }: SignalRequest,
    columns: CandleColumns,
    earlier: Signal | undefined,
  ): SignalBase {
    const { bot, symbol, timeframe, venue } = key;
    return {
      venue,
      symbol,
      timeframe,
      bot,
      candleOpenTime,
      uid: newUid(this.#options.clock.wallMs()),
      close: columns.close[columns.length - 1] ?? NaN,
      signaledAt: this.#options.clock.marketMs(),
      supersedesUid: earlier?.uid,
    };
  }

  /** Prediction and signal are stored together or not at all. */
  async #storeModelSignal(base: SignalBase, choice: ModelChoice): Promise<MadeSignal> {
    const prediction = this.#toPrediction(base, choice);
    const { made, stored } = await this.#options.stores.transaction(async (stores) => {
      const { predictions, signals } = stores;
      const { prediction: stored } = await predictions.insert(prediction);
      const signal: ModelSignal = {
        ...base,
        ...directionOf(stored, choice.model.specification.returnScale),
        source: 'model',
        modelUid: stored.modelUid,
        predictionUid: stored.uid,
        probabilities: stored.probabilities,
        expectedMove: stored.expectedReturn,
      };
      return { made: toMade(await signals.insert(signal)), stored };
    });
    this.#options.onPredicted?.(stored);
    return made;
  }

  #toPrediction(base: SignalBase, { model, predicted }: ModelChoice): Prediction {
    const { bot, candleOpenTime, symbol, timeframe, venue } = base;
    return {
      venue,
      symbol,
      timeframe,
      bot,
      candleOpenTime,
      uid: newUid(this.#options.clock.wallMs()),
      modelUid: model.record.uid,
      featureHash: predicted.featureHash,
      probabilities: predicted.probabilities,
      expectedReturn: predicted.expectedReturn,
      latencyUs: predicted.latencyUs,
      predictedAt: base.signaledAt,
    };
  }

  async #storeFallbackSignal(
    base: SignalBase,
    choice: FallbackChoice,
    columns: CandleColumns,
  ): Promise<MadeSignal> {
    const signal: FallbackSignal = {
      ...base,
      ...fallbackDirection(columns),
      source: 'fallback',
      fallbackReason: choice.reason,
    };
    return this.#options.stores.transaction(async ({ signals }) =>
      toMade(await signals.insert(signal)),
    );
  }
}

type SignalBase = Omit<
  FallbackSignal,
  'source' | 'fallbackReason' | 'indicators' | 'prediction' | 'confidence'
>;
type ModelChoice = Extract<SignalChoice, { source: 'model' }>;
type FallbackChoice = Extract<SignalChoice, { source: 'fallback' }>;

/** After a promotion only the promoted model adds a signal to a candle. */
function supersedes(choice: SignalChoice, earlier: Signal): boolean {
  if (choice.source === 'fallback') return false;
  return earlier.source !== 'model' || earlier.modelUid !== choice.model.record.uid;
}

function toMade(stored: {
  readonly status: 'inserted' | 'exists';
  readonly signal: Signal;
}): MadeSignal {
  return { signal: stored.signal, isNew: stored.status === 'inserted' };
}
