import { describe, expect, it } from 'vitest';
import { boundOf, marketsOf, tally, walksOf } from '../../bench/gates.js';
import { HAS_PYTHON } from '../trainer/real-trainer.js';

/** Six months of hours for what must be found; three will do for what must not be. */
const LONG_BARS = 4380 + 660;
const SHORT_BARS = 2160 + 660;
const LIMIT_MS = 180_000;
/** The fewest by which the bound of the benchmark can be met at all by a gate that lets one in twenty pass. */
const WALKS = 6;

describe.skipIf(!HAS_PYTHON)('what the gates let through (needs npm run setup)', () => {
  it.each(['iid', 'clustered'] as const)(
    'hardly a %s random walk passes strict, which calls for a direction that is not there',
    async (kind) => {
      const { models, strictPassed } = await tally(walksOf(kind, WALKS, SHORT_BARS));
      expect(models).toBe(WALKS);
      expect(strictPassed / WALKS).toBeLessThanOrEqual(boundOf(WALKS));
    },
    LIMIT_MS,
  );

  it(
    'the planted pattern is found, and no longer once it is removed',
    async () => {
      const planted = await tally(marketsOf(true, 2, LONG_BARS));
      const bare = await tally(marketsOf(false, 2, LONG_BARS));
      expect(planted).toMatchObject({ models: 2, baselinePassed: 2 });
      expect(bare).toMatchObject({ models: 2, strictPassed: 0 });
      expect(planted.meanDirectionSkill).toBeGreaterThan(bare.meanDirectionSkill + 0.01);
    },
    LIMIT_MS,
  );
});
