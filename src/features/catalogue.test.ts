import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { goldenValues } from '../../test/golden/feature-rows.js';
import { isSameValue, type FrozenFeatures } from '../../test/golden/frozen-features.js';
import { readGolden } from '../../test/golden/generated-series.js';
import { FEATURE_GROUPS } from '../domain/feature-groups.js';
import { SPAN_BARS } from './definition/block-layout.js';
import {
  CATALOGUE,
  candidatesOf,
  findFeatureNumber,
  getFeature,
  getFeatureNumber,
  COMPARISONS,
  CANDIDATE_FEATURES,
  MARKET_TIMES,
} from './catalogue.js';
import { documentFeatures } from './document-features.js';
import type { Expression } from './definition/expression.js';
import { featureId } from './definition/feature-definition.js';
import { catalogueHash, featureHash } from './feature-hash.js';

describe('the catalogue', () => {
  it('has between 420 and 440 features', () => {
    expect(CATALOGUE.length).toBeGreaterThanOrEqual(420);
    expect(CATALOGUE.length).toBeLessThanOrEqual(440);
  });

  it('names each feature and each formula once', () => {
    expect(new Set(CATALOGUE.map(({ name }) => name)).size).toBe(CATALOGUE.length);
    expect(new Set(CATALOGUE.map(({ formula }) => formula)).size).toBe(CATALOGUE.length);
  });

  it('uses lower-case names that suit files and columns', () => {
    for (const { name } of CATALOGUE) expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
  });

  it('gives no two different columns the same formula', () => {
    const shapes = new Map<string, string>();
    for (const { expression } of CATALOGUE) checkShape(expression, shapes);
    expect(shapes.size).toBeGreaterThan(CATALOGUE.length);
  });

  it('states a reach within the span, and the window where there is one', () => {
    for (const { reachBars } of CATALOGUE) {
      expect(Number.isInteger(reachBars)).toBe(true);
      expect(reachBars).toBeGreaterThanOrEqual(1);
      expect(reachBars).toBeLessThanOrEqual(SPAN_BARS);
    }
    expect(getFeature('log_return_24').reachBars).toBe(25);
    expect(getFeature('realised_vol_24').reachBars).toBe(25);
    expect(getFeature('range_position_96').reachBars).toBe(96);
    expect(getFeature('body_share').reachBars).toBe(1);
    expect(getFeature('rsi_14').reachBars).toBe(SPAN_BARS);
  });

  it('finds features by name', () => {
    expect(CATALOGUE[getFeatureNumber('rsi_14')]?.name).toBe('rsi_14');
    expect(findFeatureNumber('rsi_15')).toBeUndefined();
    expect(() => getFeature('rsi_15')).toThrow('There is no feature named rsi_15');
  });

  it('is what docs/features.md says (npm run docs)', () => {
    const page = new URL('../../docs/features.md', import.meta.url);
    expect(readFileSync(page, 'utf8')).toBe(documentFeatures());
  });
});

describe('frozen values', () => {
  const frozen = JSON.parse(readGolden('frozen-features.json')) as FrozenFeatures;
  const values = goldenValues();

  it('exist for every name@version (node dist/test/golden/freeze-features.js)', () => {
    expect(Object.keys(frozen)).toEqual([...values.keys()]);
  });

  it('are those of today: a changed formula needs a new version', () => {
    const changed = [...values.keys()].filter((id) =>
      values.get(id)?.some((value, at) => !isSameValue(frozen[id]?.[at] ?? null, value)),
    );
    expect(changed).toEqual([]);
  });

  it('would notice a change in the sixth digit', () => {
    expect(isSameValue(0.5, 0.500_01)).toBe(false);
    expect(isSameValue(0.5, 0.500_000_1)).toBe(true);
    expect(isSameValue(null, 0)).toBe(false);
    expect(isSameValue(null, NaN)).toBe(true);
    expect(isSameValue(0.5, NaN)).toBe(false);
  });
});

describe('hashes', () => {
  const names = ['rsi_14', 'log_return_1'];

  it('cover a model’s features, their order and the reference', () => {
    const hash = featureHash(names, 'BTC/USDT');
    expect(hash).toMatch(/^[0-9a-f]{64}$/);
    expect(featureHash([...names], 'BTC/USDT')).toBe(hash);
    expect(featureHash([...names].reverse(), 'BTC/USDT')).not.toBe(hash);
    expect(featureHash(names, 'ETH/USDT')).not.toBe(hash);
    expect(featureHash(names, undefined)).not.toBe(hash);
    expect(featureHash([...names, 'rsi_7'], 'BTC/USDT')).not.toBe(hash);
  });

  it('are refused for a feature that the catalogue does not have', () => {
    expect(() => featureHash(['gone'], undefined)).toThrow(RangeError);
  });

  it('cover names with their versions', () => {
    expect(featureId({ ...getFeature('rsi_14'), version: 3 })).toBe('rsi_14@3');
    expect(catalogueHash()).toMatch(/^[0-9a-f]{64}$/);
    expect(catalogueHash()).toBe(catalogueHash());
  });
});

/** An expression's inputs, grid and window must follow from its formula, or sharing would mix columns. */
function checkShape(expression: Expression, shapes: Map<string, string>): void {
  const { formula, grid, leaf, lookbackBars, startsAtBlock, inputs } = expression;
  const parts = inputs.map((input) => input.formula);
  const shape = JSON.stringify([grid, leaf, String(lookbackBars), startsAtBlock, parts]);
  const known = shapes.get(formula);
  if (known === shape) return;
  expect([formula, known ?? shape]).toEqual([formula, shape]);
  shapes.set(formula, shape);
  for (const input of inputs) checkShape(input, shapes);
}

describe('the candidates of models', () => {
  it('are the catalogue without the features that only say which week it is', () => {
    for (const name of MARKET_TIMES) {
      expect(findFeatureNumber(name), name).toBeDefined();
      expect(CANDIDATE_FEATURES).not.toContain(name);
    }
    expect(CANDIDATE_FEATURES).toContain('reference_return_4');
    expect(CANDIDATE_FEATURES).toContain('excess_return_168');
  });
});

describe('candidates of some groups', () => {
  it('are those of the groups, in the order of the catalogue, with a hash of their own', () => {
    const rest = FEATURE_GROUPS.filter((group) => group !== 'calendar');
    const candidates = candidatesOf(rest) ?? [];
    expect(candidates).not.toContain('eight_hours_sin');
    expect(candidates).toEqual(
      CANDIDATE_FEATURES.filter((name) => getFeature(name).group !== 'calendar'),
    );
    expect(candidates.length).toBeLessThan(CANDIDATE_FEATURES.length);
    expect(catalogueHash(candidates)).not.toBe(catalogueHash());
  });

  it('are no choice where every group is named', () => {
    expect(candidatesOf(FEATURE_GROUPS)).toBeUndefined();
    expect(catalogueHash(candidatesOf(FEATURE_GROUPS))).toBe(catalogueHash());
  });
});

describe('comparisons with the reference', () => {
  it('are the features that need both series, not those of the reference alone', () => {
    expect([...COMPARISONS]).toEqual(
      expect.arrayContaining(['excess_return_4', 'beta_48', 'residual_return_24']),
    );
    expect(COMPARISONS.has('reference_return_4')).toBe(false);
    expect(COMPARISONS.has('log_return_4')).toBe(false);
  });
});
