import { describe, expect, it } from 'vitest';
import { measureParity } from './judge-model.js';

describe('measureParity', () => {
  const catboost = Float32Array.of(0.2, 0.5, 0.3, 0.4, 0.35, 0.25);

  it('finds the largest difference and no flip', () => {
    const onnx = Float32Array.from(catboost, (value, at) => (at === 4 ? value + 0.01 : value));
    const parity = measureParity(onnx, catboost);
    expect(parity.rows).toBe(2);
    expect(parity.maxDifference).toBeCloseTo(0.01, 6);
    expect(parity.classFlips).toBe(0);
  });

  it('counts rows whose winning class differs', () => {
    const onnx = Float32Array.of(0.5, 0.2, 0.3, 0.4, 0.35, 0.25);
    expect(measureParity(onnx, catboost).classFlips).toBe(1);
  });

  it('is not a number as soon as one value is none', () => {
    const onnx = Float32Array.from(catboost, (value, at) => (at === 0 ? NaN : value));
    expect(measureParity(onnx, catboost).maxDifference).toBeNaN();
  });
});
