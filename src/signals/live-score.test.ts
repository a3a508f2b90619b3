import { describe, expect, it } from 'vitest';
import type { Direction, FallbackSignal, ModelSignal, Probabilities } from '../domain/signal.js';
import { scoreLive, toPrior } from './live-score.js';
import type { ResolvedSignal } from './signal-stores.js';

type Rest = 'source' | 'prediction' | 'fallbackReason' | 'indicators';

const BASE: Omit<FallbackSignal, Rest> = {
  venue: 'v',
  symbol: 'BTC/USDT',
  timeframe: '1h',
  bot: 'catboost',
  uid: 's',
  candleOpenTime: 0,
  close: 100,
  confidence: 50,
  signaledAt: 0,
  supersedesUid: undefined,
};

interface Outcome {
  readonly outcomeClass: Direction;
  readonly outcomeReturn: number;
}

function modelSignal(
  prediction: Direction,
  probabilities: Probabilities,
  outcome?: Outcome,
): ResolvedSignal {
  const signal: ModelSignal = {
    ...BASE,
    source: 'model',
    prediction,
    probabilities,
    expectedMove: 0,
    modelUid: 'm',
    predictionUid: 'p',
  };
  return outcome ? { ...signal, outcome: { ...outcome, signalUid: 's', resolvedAt: 1 } } : signal;
}

function fallbackSignal(prediction: Direction, outcome: Outcome): ResolvedSignal {
  const signal: FallbackSignal = {
    ...BASE,
    source: 'fallback',
    prediction,
    fallbackReason: 'untrained',
    indicators: undefined,
  };
  return { ...signal, outcome: { ...outcome, signalUid: 's', resolvedAt: 1 } };
}

const OPTIONS = { prior: [0.25, 0.5, 0.25], roundTripCost: 0.002 } as const;

describe('the live score', () => {
  it('counts hits, and the net return of what was bought', () => {
    const score = scoreLive(
      [
        modelSignal('BUY', [0.2, 0.3, 0.5], { outcomeClass: 'BUY', outcomeReturn: 0.01 }),
        modelSignal('BUY', [0.2, 0.3, 0.5], { outcomeClass: 'SELL', outcomeReturn: -0.02 }),
        modelSignal('HOLD', [0.2, 0.6, 0.2], { outcomeClass: 'HOLD', outcomeReturn: 0 }),
        modelSignal('SELL', [0.6, 0.2, 0.2]),
      ],
      OPTIONS,
    );
    expect(score).toMatchObject({ signals: 3, hits: 2, hitRate: 2 / 3, buys: 2 });
    // ((0.01 − 0.002) + (−0.02 − 0.002)) / 2
    expect(score.meanNetBuyReturn).toBeCloseTo(-0.007, 15);
  });

  it('has a skill of ln 2 where the model is twice as sure of the truth as the prior', () => {
    const outcome = { outcomeClass: 'BUY', outcomeReturn: 0.01 } as const;
    const score = scoreLive([modelSignal('BUY', [0.2, 0.3, 0.5], outcome)], OPTIONS);
    expect(score.logLossSkill).toBeCloseTo(Math.log(2), 15);
  });

  it('has no skill to speak of for fallback signals or without a prior', () => {
    const outcome = { outcomeClass: 'BUY', outcomeReturn: 0.01 } as const;
    expect(scoreLive([fallbackSignal('BUY', outcome)], OPTIONS).logLossSkill).toBeUndefined();
    const signals = [modelSignal('BUY', [0.2, 0.3, 0.5], outcome)];
    expect(scoreLive(signals, { ...OPTIONS, prior: undefined }).logLossSkill).toBeUndefined();
  });

  it('stays finite when a certainty was wrong', () => {
    const outcome = { outcomeClass: 'BUY', outcomeReturn: 0.01 } as const;
    const { logLossSkill } = scoreLive([modelSignal('SELL', [1, 0, 0], outcome)], OPTIONS);
    expect(logLossSkill).toBeCloseTo(-Math.log(0.25) + Math.log(1e-15), 9);
  });

  it('says nothing where nothing is known yet', () => {
    expect(scoreLive([], OPTIONS)).toEqual({
      signals: 0,
      hits: 0,
      buys: 0,
      hitRate: undefined,
      logLossSkill: undefined,
      meanNetBuyReturn: undefined,
    });
  });
});

describe('the prior', () => {
  it('is how often each class came in training', () => {
    expect(toPrior([100, 200, 100])).toEqual([0.25, 0.5, 0.25]);
    expect(toPrior([0, 0, 0])).toBeUndefined();
    expect(toPrior(undefined)).toBeUndefined();
  });
});
