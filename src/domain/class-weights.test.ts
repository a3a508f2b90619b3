import { describe, expect, it } from 'vitest';
import { findClassWeights } from './class-weights.js';

describe('findClassWeights', () => {
  it('weighs nothing while the rarest class has a quarter of the rows', () => {
    expect(findClassWeights([25, 50, 25], 'auto')).toBeUndefined();
  });

  it('balances as soon as the rarest class falls under a quarter', () => {
    // scikit-learn: compute_class_weight("balanced", classes=[0,1,2], y=[0]*24+[1]*51+[2]*25)
    const weights = findClassWeights([24, 51, 25], 'auto');
    expect(weights?.[0]).toBeCloseTo(1.3888888888888888, 12);
    expect(weights?.[1]).toBeCloseTo(0.6535947712418301, 12);
    expect(weights?.[2]).toBeCloseTo(1.3333333333333333, 12);
  });

  it('never weighs when it is off', () => {
    expect(findClassWeights([1, 50, 49], 'off')).toBeUndefined();
  });

  it('keeps the weight of a class without rows finite', () => {
    expect(findClassWeights([0, 50, 50], 'auto')?.[0]).toBe(1);
  });
});
