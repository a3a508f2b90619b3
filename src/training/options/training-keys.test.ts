import { describe, expect, it } from 'vitest';
import { trainingKeys } from './training-keys.js';
import type { TrainingOptions } from './training-options.js';

// Only what the function reads.
const options = {
  venue: 'test',
  symbols: ['ETH/USDT', 'BTC/USDT', 'SOL/USDT'],
  primarySymbol: 'BTC/USDT',
  timeframes: ['1h', '4h'],
  bots: ['catboost'],
} as unknown as TrainingOptions;

describe('trainingKeys', () => {
  it('puts the primary symbol first and keeps the order of the others', () => {
    expect(trainingKeys(options).map(({ symbol, timeframe }) => `${symbol} ${timeframe}`)).toEqual([
      ...['BTC/USDT 1h', 'BTC/USDT 4h', 'ETH/USDT 1h', 'ETH/USDT 4h', 'SOL/USDT 1h', 'SOL/USDT 4h'],
    ]);
  });

  it('does not add a primary symbol that is not followed', () => {
    const keys = trainingKeys({ ...options, primarySymbol: 'XRP/USDT' });
    expect(keys.map(({ symbol }) => symbol)).not.toContain('XRP/USDT');
    expect(keys).toHaveLength(6);
  });
});
