import { describe, expect, it } from 'vitest';
import { generateColumns, mulberry32 } from '../../test/golden/generated-series.js';
import { BarState, type CandleColumns } from '../domain/candle-columns.js';
import { forwardLogReturns, Label, labelOf, tercileThresholds } from './labels.js';

const SERIES = generateColumns({ seed: 5, bars: 200, idleShare: 0 });

function withStates(states: Readonly<Record<number, number>>): CandleColumns {
  const state = SERIES.state.slice();
  for (const [at, value] of Object.entries(states)) state[Number(at)] = value;
  return { ...SERIES, state };
}

describe('forward returns', () => {
  it('are ln(close[t + h] / close[t]) and end where the window is incomplete', () => {
    const returns = forwardLogReturns(SERIES, 4);
    const expected = Math.log((SERIES.close[14] ?? NaN) / (SERIES.close[10] ?? NaN));
    expect(returns[10]).toBe(expected);
    expect([...returns.subarray(194)].map(Number.isNaN)).toEqual([
      false,
      false,
      true,
      true,
      true,
      true,
    ]);
  });

  it('do not change when any candle later than t + h does', () => {
    const random = mulberry32(1);
    for (const horizonBars of [1, 4, 12]) {
      const before = forwardLogReturns(SERIES, horizonBars);
      for (let t = 0; t < SERIES.length - horizonBars; t += 7) {
        const close = SERIES.close.slice();
        const state = SERIES.state.slice();
        for (let i = t + horizonBars + 1; i < close.length; i++) {
          close[i] = 1 + random();
          state[i] = Math.floor(3 * random());
        }
        expect(forwardLogReturns({ ...SERIES, close, state }, horizonBars)[t]).toBe(before[t]);
      }
    }
  });

  it('are missing for exactly the windows that hold an unknown bar', () => {
    const returns = forwardLogReturns(withStates({ 50: BarState.unknown }), 4);
    const missing = [...returns.keys()].filter((t) => Number.isNaN(returns[t]));
    expect(missing).toEqual([46, 47, 48, 49, 50, 196, 197, 198, 199]);
  });

  it('are missing where more than half of the bars after t are fillers', () => {
    const fillers = { 60: 1, 61: 1, 62: 1 } as const;
    const returns = forwardLogReturns(withStates(fillers), 4);
    const missing = [...returns.keys()].filter((t) => Number.isNaN(returns[t]));
    expect(missing).toEqual([58, 59, 196, 197, 198, 199]);
  });

  it('are refused for a horizon that is not a whole number from 1 up', () => {
    expect(() => forwardLogReturns(SERIES, 0)).toThrow(RangeError);
    expect(() => forwardLogReturns(SERIES, 1.5)).toThrow(RangeError);
  });
});

describe('tercile thresholds', () => {
  it('split balanced returns into three equal classes', () => {
    const random = mulberry32(2);
    const returns = Float64Array.from({ length: 3000 }, () => random() - 0.5);
    const thresholds = tercileThresholds(returns);
    const counts = [0, 0, 0];
    for (const value of returns) {
      const label = labelOf(value, thresholds) ?? Label.hold;
      counts[label] = (counts[label] ?? 0) + 1;
    }
    expect(counts).toEqual([1000, 1000, 1000]);
    expect(thresholds.adjusted).toEqual([]);
  });

  it('lie between neighbours and leave missing returns out', () => {
    const thresholds = tercileThresholds(Float64Array.of(NaN, -3, -1, 1, 4, NaN));
    expect(thresholds.sell).toBeCloseTo(-1, 12);
    expect(thresholds.buy).toBeCloseTo(1, 12);
  });

  it('on the wrong side of 0 are set to 0 and recorded', () => {
    const rising = tercileThresholds(Float64Array.of(0.01, 0.02, 0.03, 0.04));
    expect(rising).toMatchObject({ sell: 0, adjusted: ['sell'] });
    expect(rising.buy).toBeCloseTo(0.03, 12);
    const falling = tercileThresholds(Float64Array.of(-0.01, -0.02, -0.03, -0.04));
    expect(falling).toMatchObject({ buy: 0, adjusted: ['buy'] });
    const still = tercileThresholds(new Float64Array(9));
    expect(still).toEqual({ sell: 0, buy: 0, adjusted: ['sell', 'buy'] });
  });

  it('need at least one return', () => {
    expect(() => tercileThresholds(Float64Array.of(NaN))).toThrow(RangeError);
  });
});

describe('labels', () => {
  const thresholds = { sell: -0.01, buy: 0.02, adjusted: [] };

  it('are SELL at or under the lower, BUY at or above the upper threshold, else HOLD', () => {
    expect(labelOf(-0.01, thresholds)).toBe(Label.sell);
    expect(labelOf(-0.0099, thresholds)).toBe(Label.hold);
    expect(labelOf(0.0199, thresholds)).toBe(Label.hold);
    expect(labelOf(0.02, thresholds)).toBe(Label.buy);
  });

  it('are HOLD for no move and missing for a missing return', () => {
    expect(labelOf(0, { sell: 0, buy: 0, adjusted: ['sell', 'buy'] })).toBe(Label.hold);
    expect(labelOf(NaN, thresholds)).toBeUndefined();
  });

  it('count classes in the order SELL, HOLD, BUY', () => {
    expect(Label).toEqual({ sell: 0, hold: 1, buy: 2 });
  });
});
