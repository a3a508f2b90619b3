import { spreadOf } from '../../domain/move-variance.js';
import type { ModelKey } from '../../domain/model-key.js';
import {
  DIRECTIONS,
  FALLBACK_REASONS,
  type FallbackReason,
  type Prediction,
} from '../../domain/signal.js';
import { barOpenTime, closeTimeOf } from '../../domain/timeframe.js';
import { createFeatureWorkspace } from '../../features/feature-matrix.js';
import { RejectedError } from '../../lib/errors.js';
import { newUid } from '../../lib/uid.js';
import { predictRows } from '../../models/predict-rows.js';
import type { PredictionOutcome } from '../../models/predictor-protocol.js';
import type { ServingModel } from '../../models/serving-model.js';
import type { ServingModels } from '../../models/serving-models.js';
import { SessionCache } from '../../models/session-cache.js';
import { judgeTrust, type AgeLimits, type TrustFacts } from '../../models/trust.js';
import { directionOf } from '../../signals/model-signal.js';
import type { MarketHistory, SymbolHistory } from '../history/market-history.js';
import type { SymbolPredictions } from './kept-period.js';
import type { RetrainingPeriod } from './retraining-periods.js';

export interface PredictPeriodOptions {
  readonly history: MarketHistory;
  /** Of the models in the database that training writes. */
  readonly venue: string;
  readonly bot: string;
  readonly servingModels: Pick<ServingModels, 'findFacts'>;
  readonly ageLimits: AgeLimits;
}

/** What the models of a retraining date say of each bar until the next, or why none of them may. */
export class PeriodPredictor {
  readonly #options: PredictPeriodOptions;
  readonly #workspace = createFeatureWorkspace();
  readonly #sessions = new SessionCache();

  constructor(options: PredictPeriodOptions) {
    this.#options = options;
  }

  /** In the order of the symbols; those without a bar in the period are left out. */
  async predict(period: RetrainingPeriod): Promise<readonly SymbolPredictions[]> {
    const found: SymbolPredictions[] = [];
    for (const symbol of this.#options.history.symbols) {
      const bars = barsOf(symbol, period);
      if (bars.fromIndex < bars.toIndex) found.push(await this.#predictSymbol(symbol, bars));
    }
    return found;
  }

  async #predictSymbol(symbol: SymbolHistory, bars: Bars): Promise<SymbolPredictions> {
    const { history, venue, bot, servingModels, ageLimits } = this.#options;
    const { timeframe } = history;
    const key: ModelKey = { venue, symbol: symbol.instrument.symbol, timeframe, bot };
    const { facts, model } = await servingModels.findFacts(key);
    const untrusted = reasonsAt(facts, ageLimits, closesOf(bars, timeframe));
    const isAsked = model !== undefined && untrusted.some((reason) => reason === undefined);
    const outcomes = isAsked ? await this.#run(model, symbol, bars) : [];
    if (isAsked) await this.#sessions.release(model.record.uid);
    return toPredictions({ symbol: key.symbol, bars, model, untrusted, outcomes });
  }

  async #run(
    model: ServingModel,
    { columns }: SymbolHistory,
    bars: Bars,
  ): Promise<readonly PredictionOutcome[]> {
    const { specification, attributes } = model;
    try {
      const session = await this.#sessions.get(specification);
      const reference = this.#findReference(model, columns);
      const workspace = this.#workspace;
      const request = { model: specification, series: columns, reference, attributes, workspace };
      return await predictRows({ ...request, ...bars }, session);
    } catch (error) {
      // Its file is to blame: live the fallback would answer until it is replaced.
      if (error instanceof RejectedError) return [];
      throw error;
    }
  }

  #findReference(
    { record }: ServingModel,
    own: SymbolHistory['columns'],
  ): SymbolHistory['columns'] | undefined {
    const { symbols } = this.#options.history;
    const { referenceSymbol, symbol } = record;
    if (referenceSymbol === symbol) return own;
    return symbols.find(({ instrument }) => instrument.symbol === referenceSymbol)?.columns;
  }
}

interface Bars {
  readonly fromIndex: number;
  readonly toIndex: number;
}

function barsOf({ columns }: SymbolHistory, period: RetrainingPeriod): Bars {
  const { firstIndex, length } = columns;
  return {
    fromIndex: Math.max(period.fromIndex, firstIndex),
    toIndex: Math.min(period.toIndex, firstIndex + length),
  };
}

function closesOf(bars: Bars, timeframe: MarketHistory['timeframe']): readonly number[] {
  return Array.from({ length: bars.toIndex - bars.fromIndex }, (_, at) =>
    closeTimeOf(barOpenTime(bars.fromIndex + at, timeframe), timeframe),
  );
}

/** Why no model may answer at each of the moments, undefined where one may. */
function reasonsAt(
  facts: TrustFacts,
  ageLimits: AgeLimits,
  moments: readonly number[],
): readonly (FallbackReason | undefined)[] {
  return moments.map((timeMs) => {
    const trust = judgeTrust(facts, ageLimits, { wallMs: timeMs, marketMs: timeMs });
    return trust.status === 'untrusted' ? trust.reason : undefined;
  });
}

function toPredictions(found: {
  readonly symbol: string;
  readonly bars: Bars;
  readonly model: ServingModel | undefined;
  readonly untrusted: readonly (FallbackReason | undefined)[];
  readonly outcomes: readonly PredictionOutcome[];
}): SymbolPredictions {
  const { symbol, bars, model, untrusted, outcomes } = found;
  const scale = model?.specification.returnScale;
  const said = untrusted.map((reason, at) => {
    if (reason !== undefined) return fallback(reason);
    const outcome = outcomes[at];
    if (outcome?.status !== 'predicted') return fallback(outcome?.reason ?? 'inference_error');
    const { prediction, confidence } = directionOf(outcome, scale);
    const { probabilities, expectedReturn } = outcome;
    const direction = DIRECTIONS.indexOf(prediction);
    return { reason: -1, direction, confidence, probabilities, expectedReturn };
  });
  return {
    symbol,
    firstIndex: bars.fromIndex,
    model: model === undefined ? null : describe(model),
    reasons: said.map(({ reason }) => reason),
    directions: said.map(({ direction }) => direction),
    confidences: said.map(({ confidence }) => confidence),
    probabilities: said.flatMap(({ probabilities }) => probabilities),
    expectedReturns: said.map(({ expectedReturn }) => expectedReturn),
  };
}

function describe({ record }: ServingModel): SymbolPredictions['model'] {
  const { uid, horizonBars, thresholds = null } = record;
  const { classMeanReturns = null, rmse = null } = spreadOf(record);
  return { uid, horizonBars, thresholds, classMeanReturns, rmse };
}

function fallback(reason: FallbackReason) {
  const nothing = [0, 0, 0] as const;
  return {
    reason: FALLBACK_REASONS.indexOf(reason),
    direction: 1,
    confidence: 0,
    probabilities: nothing,
    expectedReturn: 0,
  };
}

/** What a model said of a symbol's bars, as it is stored live: the champion's record in the next comparison. */
export function toStored(
  key: ModelKey,
  { model, firstIndex, reasons, probabilities, expectedReturns }: SymbolPredictions,
): readonly Prediction[] {
  if (model === null) return [];
  return reasons.flatMap((reason, at): Prediction[] => {
    if (reason !== -1) return [];
    const candleOpenTime = barOpenTime(firstIndex + at, key.timeframe);
    const predictedAt = closeTimeOf(candleOpenTime, key.timeframe);
    const [sell = 0, hold = 0, buy = 0] = probabilities.slice(3 * at, 3 * at + 3);
    return [
      {
        venue: key.venue,
        symbol: key.symbol,
        timeframe: key.timeframe,
        bot: key.bot,
        uid: newUid(predictedAt),
        modelUid: model.uid,
        featureHash: '',
        candleOpenTime,
        probabilities: [sell, hold, buy],
        expectedReturn: expectedReturns[at] ?? 0,
        latencyUs: 0,
        predictedAt,
      },
    ];
  });
}
