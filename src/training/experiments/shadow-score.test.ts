import { describe, expect, it } from 'vitest';
import { buildModelRecord } from '../../../test/models/model-folder.js';
import { aFallbackSignal, aModelSignal } from '../../../test/storage/rows.js';
import type { Probabilities } from '../../domain/signal.js';
import { scoreShadow } from './shadow-score.js';

const HOUR_MS = 3_600_000;
const START_MS = Date.UTC(2024, 0, 1);
/** As often as each other: the prior's log loss is ln 3. */
const record = buildModelRecord({ uid: 'shadow', classDistribution: [100, 100, 100] });
const serving = buildModelRecord({ uid: 'serving', classDistribution: [100, 100, 100] });
const models = new Map([[serving.uid, serving]]);

const at = (bar: number) => START_MS + bar * HOUR_MS;
const answer = (bar: number, probabilities: Probabilities) => ({
  ...{ shadowUid: 'shadow', candleOpenTime: at(bar), probabilities },
  ...{ expectedReturn: 0, latencyUs: 1, answeredAt: at(bar) },
});
/** By the thresholds −0.002 and 0.003: 0.01 is BUY, 0 is HOLD. */
const outcome = (outcomeReturn: number) => ({
  outcome: { signalUid: 's', outcomeReturn, outcomeClass: 'BUY', resolvedAt: 0 } as const,
});
const signal = (bar: number, probabilities: Probabilities, outcomeReturn: number) => ({
  ...aModelSignal({ modelUid: 'serving', candleOpenTime: at(bar), probabilities }),
  ...outcome(outcomeReturn),
});

describe('the score of a shadow model', () => {
  it('compares both on the candles of which both spoke', () => {
    const score = scoreShadow({
      shadow: { uid: 'shadow', record },
      answers: [
        answer(0, [0.25, 0.25, 0.5]),
        answer(1, [0.25, 0.5, 0.25]),
        answer(2, [0.2, 0.2, 0.6]),
        answer(9, [0.2, 0.2, 0.6]),
      ],
      signals: [
        // Of candle 2 only the fallback spoke; candle 9 has no outcome yet.
        { ...aFallbackSignal({ candleOpenTime: at(2) }), ...outcome(0.01) },
        signal(1, [0.25, 0.5, 0.25], 0),
        signal(0, [0.5, 0.25, 0.25], 0.01),
        signal(5, [0.5, 0.25, 0.25], 0.01),
      ],
      models,
    });
    expect(score.candles).toBe(3);
    expect(score.shadow).toMatchObject({ candles: 2 });
    expect(score.shadow.skill).toBeCloseTo(Math.log(3) + Math.log(0.5), 12);
    expect(score.serving.skill).toBeCloseTo(Math.log(3) + (Math.log(0.25) + Math.log(0.5)) / 2, 12);
    // BUY against SELL on the one candle that moved: 2/3 and 1/3, against 1/2.
    expect(score.shadow.directionSkill).toBeCloseTo(Math.log(2 / 3) - Math.log(1 / 2), 12);
    expect(score.serving.directionSkill).toBeCloseTo(Math.log(1 / 3) - Math.log(1 / 2), 12);
    expect(score.difference.estimate).toBeCloseTo(Math.log(2) / 2, 12);
  });

  it('takes the signal of the model that was promoted last for a candle', () => {
    const later = { ...signal(0, [0.1, 0.1, 0.8], 0.01) };
    const { serving: scored } = scoreShadow({
      shadow: { uid: 'shadow', record },
      answers: [answer(0, [0.25, 0.25, 0.5])],
      signals: [later, signal(0, [0.5, 0.25, 0.25], 0.01)],
      models,
    });
    expect(scored.skill).toBeCloseTo(Math.log(3) + Math.log(0.8), 12);
  });

  it('is unknown without candles, and shows no difference', () => {
    const score = scoreShadow({
      ...{ shadow: { uid: 'shadow', record }, answers: [], signals: [], models },
    });
    expect(score).toMatchObject({ candles: 0, difference: { estimate: NaN, pValue: 1 } });
  });
});
