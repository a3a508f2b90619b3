import { describe, expect, it } from 'vitest';
import { chanceBound, FEATURE_DEPTH_BARS, marketsOf, tally, walksOf } from '../../bench/gates.js';
import { CATALOGUE } from '../../src/features/catalogue.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';

/** Hundreds of fits, on a machine that may be busy. */
const LIMIT_MS = 900_000;
/** The fewest walks with which a gate that passes one in five is caught in more than 99 of 100 cases. */
const WALKS = 84;
const LOOSE_RATE = 0.2;

/**
 * A fit of a fraction of a second that still selects its features. The test part has about 120 rows with
 * a direction, twice what `strict` demands, so the gate judges as it does in production.
 */
const QUICK_FIT = {
  bars: 1200 + FEATURE_DEPTH_BARS,
  features: everyNthFeature(20),
  maxFeatures: 12,
  params: { iterations: 24, learningRate: 0.1, depth: 4 },
};
/** Six months of hours, as many as it takes to find the planted pattern. */
const PATTERN_FIT = {
  bars: 4380 + FEATURE_DEPTH_BARS,
  features: everyNthFeature(6),
  maxFeatures: 40,
  params: { iterations: 100, learningRate: 0.1 },
};

describe('the bound on random walks that pass', () => {
  it('catches a gate that passes one walk in five with more than 99 % probability', () => {
    const allowed = Math.floor(WALKS * chanceBound(WALKS));
    expect(binomialAtMost(allowed, WALKS, LOOSE_RATE)).toBeLessThan(0.01);
  });

  it('lets a gate pass that passes one walk in twenty in more than 95 % of cases', () => {
    const allowed = Math.floor(WALKS * chanceBound(WALKS));
    expect(binomialAtMost(allowed, WALKS, 0.05)).toBeGreaterThan(0.95);
  });
});

describe.skipIf(!HAS_PYTHON)('the promotion gates (needs npm run setup)', () => {
  it(
    `strict passes no more of ${WALKS} random walks, half of them clustered, than chance allows`,
    async () => {
      const half = WALKS / 2;
      const found = await tally([
        ...walksOf('iid', half, QUICK_FIT),
        ...walksOf('clustered', half, QUICK_FIT),
      ]);
      expect(found.models).toBe(WALKS);
      expect(found.strictPassed / WALKS).toBeLessThanOrEqual(chanceBound(WALKS));
      // The models are no better than chance by any other measure either.
      expect(found.meanDirectionSkill).toBeLessThanOrEqual(0);
      expect(found.meanNetBuyReturn).toBeLessThan(0);
      // `baseline` passes one walk in six or more: the bound would catch a `strict` as loose as that.
      expect(found.baselinePassed / WALKS).toBeGreaterThan(chanceBound(WALKS));
    },
    LIMIT_MS,
  );

  it(
    'baseline finds the planted pattern, and strict finds nothing once it is removed',
    async () => {
      const planted = await tally(marketsOf(true, 2, PATTERN_FIT));
      const bare = await tally(marketsOf(false, 2, PATTERN_FIT));
      expect(planted).toMatchObject({ models: 2, baselinePassed: 2 });
      expect(bare).toMatchObject({ models: 2, strictPassed: 0 });
      expect(planted.meanDirectionSkill).toBeGreaterThan(bare.meanDirectionSkill + 0.01);
    },
    LIMIT_MS,
  );
});

function everyNthFeature(step: number): readonly string[] {
  return CATALOGUE.map(({ name }) => name).filter((_, index) => index % step === 0);
}

/** Probability of at most `limit` successes in `trials`. */
function binomialAtMost(limit: number, trials: number, rate: number): number {
  let term = (1 - rate) ** trials;
  let sum = term;
  for (let successes = 1; successes <= limit; successes++) {
    term *= ((trials - successes + 1) / successes) * (rate / (1 - rate));
    sum += term;
  }
  return sum;
}
