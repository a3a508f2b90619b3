import { describe, expect, it } from 'vitest';
import { adjustByHolm } from './holm.js';

describe('the adjustment by Holm', () => {
  it('agrees with the worked example of four hypotheses', () => {
    // Wikipedia, "Holm–Bonferroni method", example: of these the first and the fourth are rejected at 0.05.
    const adjusted = adjustByHolm([0.01, 0.04, 0.03, 0.005]);
    expect(adjusted.map((value) => Number(value.toFixed(6)))).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  it("agrees with R's p.adjust(c(0.01, 0.02, 0.022, 0.09, 0.5), 'holm')", () => {
    const adjusted = adjustByHolm([0.5, 0.022, 0.09, 0.01, 0.02]);
    expect(adjusted.map((value) => Number(value.toFixed(6)))).toEqual([
      0.5, 0.08, 0.18, 0.05, 0.08,
    ]);
  });

  it('leaves one alone, and nothing is above 1', () => {
    expect(adjustByHolm([0.04])).toEqual([0.04]);
    expect(adjustByHolm([0.9, 0.8])).toEqual([1, 1]);
    expect(adjustByHolm([])).toEqual([]);
  });
});
