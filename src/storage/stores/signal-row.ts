import type {
  FallbackIndicators,
  FallbackSignal,
  ModelSignal,
  Signal,
  SignalOutcome,
} from '../../domain/signal.js';
import { omit } from '../engine/omit.js';
import { number, optional, rowCodec, text } from '../rows/row-codec.js';
import type { Row, Stored } from '../engine/row.js';

/** A signal as it stands, with what became of it once its horizon has passed. */
export type StoredSignal = Stored<Signal> & { readonly outcome: SignalOutcome | undefined };

/** Where a signal came from: one signal for each origin and candle. */
export function originOf(signal: Signal): string {
  return signal.source === 'model' ? signal.modelUid : 'fallback';
}

type Common = Pick<
  Stored<Signal>,
  | 'id'
  | 'uid'
  | 'venue'
  | 'symbol'
  | 'timeframe'
  | 'bot'
  | 'candleOpenTime'
  | 'close'
  | 'prediction'
  | 'confidence'
  | 'signaledAt'
  | 'supersedesUid'
  | 'createdAt'
>;

const COMMON = rowCodec<Common>({
  id: number(),
  uid: text(),
  venue: text(),
  symbol: text(),
  timeframe: text(),
  bot: text(),
  candleOpenTime: number(),
  close: number(),
  prediction: text(),
  confidence: number(),
  signaledAt: number(),
  supersedesUid: optional(text()),
  createdAt: number(),
});

const OUTCOME = rowCodec<SignalOutcome>({
  signalUid: text('uid'),
  outcomeReturn: number(),
  outcomeClass: text(),
  resolvedAt: number(),
});

interface FlatModel extends Pick<ModelSignal, 'modelUid' | 'predictionUid' | 'expectedMove'> {
  readonly pSell: number;
  readonly pHold: number;
  readonly pBuy: number;
}

const MODEL = rowCodec<FlatModel>({
  modelUid: text(),
  predictionUid: text(),
  expectedMove: number(),
  pSell: number(),
  pHold: number(),
  pBuy: number(),
});

const FALLBACK = rowCodec<Pick<FallbackSignal, 'fallbackReason'>>({ fallbackReason: text() });

const INDICATORS = rowCodec<FallbackIndicators>({
  sma14: number('fallback_sma_14'),
  sma50: number('fallback_sma_50'),
  rsi14: number('fallback_rsi_14'),
});

export function encodeSignal(signal: Signal, createdAt: number): Record<string, unknown> {
  return {
    ...COMMON.encodePart({ ...signal, createdAt }),
    origin: originOf(signal),
    source: signal.source,
    row_version: 1,
    ...encodeSource(signal),
  };
}

function encodeSource(signal: Signal): Record<string, unknown> {
  if (signal.source === 'model') {
    const [pSell, pHold, pBuy] = signal.probabilities;
    return MODEL.encodePart({ ...signal, pSell, pHold, pBuy });
  }
  const { indicators } = signal;
  return { ...FALLBACK.encodePart(signal), ...(indicators && INDICATORS.encode(indicators)) };
}

export function decodeSignal(row: Row): StoredSignal {
  const outcome = row['resolved_at'] === null ? undefined : OUTCOME.decode(row);
  const shared = { ...COMMON.decode(row), outcome };
  if (row['source'] === 'fallback') {
    const indicators = row['fallback_sma_14'] === null ? undefined : INDICATORS.decode(row);
    return { ...shared, source: 'fallback', ...FALLBACK.decode(row), indicators };
  }
  const { pSell, pHold, pBuy, ...model } = MODEL.decode(row);
  return { ...shared, source: 'model', ...model, probabilities: [pSell, pHold, pBuy] };
}

export function encodeOutcome(outcome: SignalOutcome): Record<string, unknown> {
  return OUTCOME.encodePart(omit(outcome, ['signalUid']));
}
