import type { Decision } from '../../domain/decision.js';
import type { StoredSignal } from '../context/api-context.js';
import type { DecisionAnswer, SignalAnswer } from '../contract/signals.js';
import { iso, keyAnswer, type MarketIds } from './keys.js';

export function signalAnswer(row: StoredSignal, marketIds: MarketIds): SignalAnswer {
  return {
    uid: row.uid,
    ...keyAnswer(row, marketIds),
    candle_open_time: iso(row.candleOpenTime),
    close: row.close,
    prediction: row.prediction,
    confidence: row.confidence,
    ...sourceAnswer(row),
    supersedes_uid: row.supersedesUid ?? null,
    signaled_at: iso(row.signaledAt),
    created_at: iso(row.createdAt),
    outcome: outcomeAnswer(row),
  };
}

function sourceAnswer(row: StoredSignal) {
  if (row.source === 'model') {
    const [sell, hold, buy] = row.probabilities;
    return {
      fallback: false,
      fallback_reason: null,
      insufficient_history: false,
      probabilities: { sell, hold, buy },
      expected_move: row.expectedMove,
      expected_price: row.close * Math.exp(row.expectedMove),
      model_uid: row.modelUid,
    };
  }
  const { indicators } = row;
  return {
    fallback: true,
    fallback_reason: row.fallbackReason,
    insufficient_history: indicators === undefined,
    ...(indicators === undefined
      ? {}
      : {
          fallback_indicators: {
            sma_14: indicators.sma14,
            sma_50: indicators.sma50,
            rsi: indicators.rsi14,
          },
        }),
    expected_move: null,
    expected_price: null,
    model_uid: null,
  };
}

function outcomeAnswer({ outcome }: StoredSignal) {
  if (outcome === undefined) return null;
  return {
    return: outcome.outcomeReturn,
    class: outcome.outcomeClass,
    resolved_at: iso(outcome.resolvedAt),
  };
}

export function decisionAnswer(
  row: Decision,
  signal: StoredSignal | undefined,
  marketIds: MarketIds,
): DecisionAnswer {
  return {
    uid: row.uid,
    ...keyAnswer(row, marketIds),
    signal_uid: row.signalUid,
    candle_open_time: iso(row.candleOpenTime),
    action: row.action,
    reason: row.reason,
    is_advisory: row.isAdvisory,
    position_uid: row.positionUid ?? null,
    decided_at: iso(row.decidedAt),
    prediction: signal?.prediction ?? null,
    confidence: signal?.confidence ?? null,
    source: signal?.source ?? null,
  };
}
