import { describe, expect, it } from 'vitest';
import { ConfigError } from '../../lib/errors.js';
import { DEFAULT_CATBOOST_PARAMS, toCatBoostParams } from './bot-params.js';

const SETTINGS = { ...DEFAULT_CATBOOST_PARAMS, subsample: undefined };

describe('toCatBoostParams', () => {
  for (const bootstrapType of ['Bayesian', 'No'] as const) {
    it(`refuses ${bootstrapType} together with subsample, naming both`, () => {
      const both = { ...SETTINGS, bootstrapType, subsample: 0.5 };
      expect(() => toCatBoostParams(both)).toThrow(ConfigError);
      expect(() => toCatBoostParams(both)).toThrow(
        `CATBOOST_SUBSAMPLE=0.5 does not go with CATBOOST_BOOTSTRAP_TYPE=${bootstrapType}`,
      );
    });

    it(`accepts ${bootstrapType} alone and hands no subsample on`, () => {
      expect(toCatBoostParams({ ...SETTINGS, bootstrapType })).not.toHaveProperty('subsample');
    });
  }

  for (const bootstrapType of ['Bernoulli', 'MVS'] as const) {
    it(`draws 0.7 of the rows with ${bootstrapType} where no share is given`, () => {
      expect(toCatBoostParams({ ...SETTINGS, bootstrapType }).subsample).toBe(0.7);
      expect(toCatBoostParams({ ...SETTINGS, bootstrapType, subsample: 0.9 }).subsample).toBe(0.9);
    });
  }
});
