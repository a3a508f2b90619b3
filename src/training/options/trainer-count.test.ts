import { describe, expect, it } from 'vitest';
import { readSettings } from '../../../config/read-settings.js';
import { trainerCount } from './trainer-count.js';

const TREES = ['catboost', 'random_forest'];
const DEEP = ['catboost', 'lstm'];

describe('trainerCount', () => {
  it('is one with the default memory limit, whatever the cores', () => {
    expect(trainerCount('auto', { memoryLimitMb: 400, cores: 32, bots: TREES })).toBe(1);
  });

  it('is bounded by the cores and by the memory limit', () => {
    expect(trainerCount('auto', { memoryLimitMb: 8000, cores: 4, bots: TREES })).toBe(4);
    expect(trainerCount('auto', { memoryLimitMb: 1000, cores: 4, bots: TREES })).toBe(3);
  });

  it('leaves more memory for each where a deep bot is trained', () => {
    const limits = { memoryLimitMb: 900, cores: 4 };
    expect(trainerCount('auto', { ...limits, bots: TREES })).toBe(3);
    expect(trainerCount('auto', { ...limits, bots: DEEP })).toBe(2);
    expect(trainerCount('auto', { memoryLimitMb: 799, cores: 4, bots: DEEP })).toBe(1);
  });

  it('is one where the limit holds less than one usual trainer', () => {
    expect(trainerCount('auto', { memoryLimitMb: 150, cores: 1, bots: TREES })).toBe(1);
  });

  it('is what was asked for, also beyond the cores', () => {
    expect(trainerCount(3, { memoryLimitMb: 450, cores: 1, bots: TREES })).toBe(3);
  });

  it.each([
    [{ TRAIN_PROCESSES: '3' }, 'TRAIN_PROCESSES=3 needs TRAIN_MEMORY_MB=450 at least; it is 400'],
    [
      { TRAIN_PROCESSES: '2', BOTS: 'catboost,lstm_bot' },
      'TRAIN_PROCESSES=2 with lstm in BOTS needs TRAIN_MEMORY_MB=800 at least; it is 400',
    ],
    [
      { BOTS: 'transformer', TRAIN_MEMORY_MB: '399' },
      'transformer in BOTS needs TRAIN_MEMORY_MB=400 at least; it is 399',
    ],
  ])('is refused by its settings where %o cannot fit', (environment, message) => {
    expect(() => readSettings(environment)).toThrow(message);
  });

  it('is taken where the least of each fits', () => {
    for (const environment of [
      { TRAIN_PROCESSES: '2' },
      { TRAIN_PROCESSES: '2', TRAIN_MEMORY_MB: '800', BOTS: 'catboost,lstm' },
      { TRAIN_PROCESSES: '1', BOTS: 'lstm' },
      { BOTS: 'transformer' },
    ]) {
      expect(() => readSettings(environment)).not.toThrow();
    }
  });
});
