import { describe, expect, it } from 'vitest';
import { findFeatureNumber } from './catalogue.js';
import { COMPARISONS } from './comparisons.js';
import { CANDIDATE_FEATURES, MARKET_TIMES } from './market-times.js';

describe('the candidates of models', () => {
  it('are the catalogue without what only tells which week it is', () => {
    for (const name of MARKET_TIMES) {
      expect(findFeatureNumber(name), name).toBeDefined();
      expect(CANDIDATE_FEATURES).not.toContain(name);
    }
    expect(CANDIDATE_FEATURES).toContain('reference_return_4');
    expect(CANDIDATE_FEATURES).toContain('excess_return_168');
  });
});

describe('comparisons with the reference', () => {
  it('are what holds a series against it, not what describes it alone', () => {
    expect([...COMPARISONS]).toEqual(
      expect.arrayContaining(['excess_return_4', 'beta_48', 'residual_return_24']),
    );
    expect(COMPARISONS.has('reference_return_4')).toBe(false);
    expect(COMPARISONS.has('log_return_4')).toBe(false);
  });
});
