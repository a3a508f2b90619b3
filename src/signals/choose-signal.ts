import type { CandleColumns } from '../domain/candle-columns.js';
import type { FallbackReason } from '../domain/signal.js';
import type { Predicted } from '../models/predictor-protocol.js';
import type { PredictRequest } from '../models/predictor.js';
import type { PredictionOutcome } from '../models/predictor-protocol.js';
import type { ServingModel } from '../models/serving-model.js';
import type { ServingChoice } from '../models/serving-models.js';

export type SignalChoice =
  | { readonly source: 'model'; readonly model: ServingModel; readonly predicted: Predicted }
  | {
      readonly source: 'fallback';
      readonly reason: FallbackReason;
      /** In words, for a person. */
      readonly detail: string;
    };

export interface ChooseRequest {
  readonly serving: ServingChoice;
  readonly series: CandleColumns;
  readonly candleOpenTime: number;
  /** Bars of the model's reference symbol up to the same candle. */
  readonly findReference: (symbol: string) => Promise<CandleColumns | undefined>;
  readonly predict: (request: PredictRequest) => Promise<PredictionOutcome>;
  /** Called when a model's own file turns out to be damaged. */
  readonly reportDamaged: (model: ServingModel, detail: string) => Promise<void>;
}

/** The model if it may be trusted and can predict this candle, else the fallback with the first reason. */
export async function chooseSignal(request: ChooseRequest): Promise<SignalChoice> {
  const { candleOpenTime, series, serving } = request;
  if (serving.status === 'untrusted') {
    return { source: 'fallback', reason: serving.reason, detail: serving.detail };
  }
  const { model } = serving;
  const reference = await findModelReference(model, request);
  const predicted = await request.predict({ model, series, reference, candleOpenTime });
  if (predicted.status === 'predicted') return { source: 'model', model, predicted };
  if (predicted.isModelDamaged) await request.reportDamaged(model, predicted.detail);
  return { source: 'fallback', reason: predicted.reason, detail: predicted.detail };
}

/** The candles of the symbol that a model compares with; none where it compares with none. */
export async function findModelReference(
  model: ServingModel,
  { findReference: find, series }: Pick<ChooseRequest, 'findReference' | 'series'>,
): Promise<CandleColumns | undefined> {
  const symbol = model.record.referenceSymbol;
  if (symbol === undefined) return undefined;
  return symbol === model.key.symbol ? series : find(symbol);
}
