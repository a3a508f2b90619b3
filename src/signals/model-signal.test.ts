import { describe, expect, it } from 'vitest';
import type { Probabilities } from '../domain/signal.js';
import { directionIndex, classifierDirection } from './model-signal.js';

describe('the direction of a model', () => {
  it.each<[string, number, Probabilities]>([
    ['SELL', 50, [0.5, 0.3, 0.2]],
    ['HOLD', 37.5, [0.3125, 0.375, 0.3125]],
    ['BUY', 41.25, [0.3, 0.2875, 0.4125]],
  ])('is %s with confidence %d', (prediction, confidence, probabilities) => {
    expect(classifierDirection(probabilities)).toEqual({ prediction, confidence });
  });

  it('is the careful one where two classes are equally likely', () => {
    expect(classifierDirection([1 / 3, 1 / 3, 1 / 3]).prediction).toBe('HOLD');
    expect(classifierDirection([0.2, 0.4, 0.4]).prediction).toBe('HOLD');
    expect(classifierDirection([0.4, 0.2, 0.4]).prediction).toBe('SELL');
  });

  it('numbers the directions as labels do', () => {
    expect(['SELL', 'HOLD', 'BUY'].map((d) => directionIndex(d as 'SELL'))).toEqual([0, 1, 2]);
  });
});
