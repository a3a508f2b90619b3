import { describe, expect, it } from 'vitest';
import { trainerCount } from './trainer-count.js';

describe('trainerCount', () => {
  it('is one with the default memory limit, whatever the cores', () => {
    expect(trainerCount('auto', { memoryLimitMb: 400, cores: 32 })).toBe(1);
  });

  it('is bounded by the cores and by the memory limit', () => {
    expect(trainerCount('auto', { memoryLimitMb: 8000, cores: 4 })).toBe(4);
    expect(trainerCount('auto', { memoryLimitMb: 1000, cores: 4 })).toBe(3);
  });

  it('leaves more memory for each where a deep bot is trained', () => {
    const limits = { memoryLimitMb: 900, cores: 4 };
    expect(trainerCount('auto', limits)).toBe(3);
    expect(trainerCount('auto', { ...limits, bots: ['catboost', 'lstm'] })).toBe(2);
  });

  it('is one where the limit holds less than one usual trainer', () => {
    expect(trainerCount('auto', { memoryLimitMb: 150, cores: 1 })).toBe(1);
  });

  it('is what was asked for, also beyond the cores', () => {
    expect(trainerCount(3, { memoryLimitMb: 450, cores: 1 })).toBe(3);
  });
});
