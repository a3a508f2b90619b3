import { beforeEach, describe, expect, it } from 'vitest';
import { KeptLogger } from '../../test/models/kept-logger.js';
import type { ModelKey } from '../domain/model-key.js';
import { PredictionWarnings } from './prediction-warnings.js';

const BTC: ModelKey = { venue: 'v', symbol: 'BTC/USDT', timeframe: '1h', bot: 'catboost' };
const ETH: ModelKey = { ...BTC, symbol: 'ETH/USDT' };

let logger: KeptLogger;
let warnings: PredictionWarnings;

beforeEach(() => {
  logger = new KeptLogger();
  warnings = new PredictionWarnings(logger);
});

function note(
  times: number,
  key = BTC,
  reason: 'untrained' | 'features_missing' = 'untrained',
): void {
  for (let time = 0; time < times; time++) warnings.note(key, reason, 'detail');
}

describe('prediction warnings', () => {
  it('say that a model is not trained on the 10th, 20th, … prediction', () => {
    note(9);
    expect(logger.messages('warn')).toEqual([]);
    note(1);
    expect(logger.messages('warn')).toEqual(['Model is not trained']);
    note(10);
    expect(logger.messages('warn')).toHaveLength(2);
    expect(logger.lines[1]?.fields).toMatchObject({ reason: 'untrained', predictions: 20 });
  });

  it('say once that features are missing', () => {
    note(25, BTC, 'features_missing');
    expect(logger.messages('warn')).toEqual(['Features are missing']);
  });

  it('count all, each key by itself', () => {
    note(12);
    note(3, BTC, 'features_missing');
    note(4, ETH);
    warnings.note(ETH, 'novel', 'detail');
    warnings.note(ETH, 'inference_error', 'detail');
    expect(warnings.count(BTC)).toBe(15);
    expect(warnings.count(ETH)).toBe(6);
    expect(warnings.total).toBe(21);
    expect(warnings.count({ ...BTC, bot: 'other' })).toBe(0);
    // ETH has not reached its tenth.
    expect(logger.messages('warn').sort()).toEqual([
      'Features are missing',
      'Model is not trained',
    ]);
  });
});
