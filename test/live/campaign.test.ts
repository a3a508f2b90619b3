import { describe, expect, it } from 'vitest';
import { FAULTS, POINTS, type Case } from './campaign.js';
import { newResult, runCase, say, stopLossPctAt, type CampaignResult } from './campaign-run.js';
import { LiveWorld } from './live-world.js';

const IS_LONG = process.env['EVENKEEL_TEST_LONG'] === 'true';
/** Of each point with each fault. The sample has every second case. */
const SEEDS = IS_LONG ? 50 : 1;
const TIMEOUT_MS = IS_LONG ? 3_600_000 : 120_000;

describe('a live trade with a fault', () => {
  it.each(POINTS.map((point, at) => ({ point, at })))(
    'at $point leaves books and exchange alike, no order doubled, no stop without stock',
    async ({ point, at }) => {
      const faults = FAULTS.filter((_, index) => IS_LONG || (index + at) % 2 === 0);
      const result = newResult();
      // Beside each other: an exchange that hangs costs time that others can use.
      await Promise.all(faults.map((fault) => runSeeds({ point, fault }, result)));
      if (IS_LONG) say(point, 'campaign', result);
      expect(result.findings).toEqual([]);
      // A stop that sold first leaves the fault of a sale unmet.
      expect(result.met).toBeGreaterThan(result.cases / 2);
    },
    TIMEOUT_MS,
  );
});

async function runSeeds(
  { point, fault }: Pick<Case, 'point' | 'fault'>,
  result: CampaignResult,
): Promise<void> {
  const world = await LiveWorld.open({ rules: { stopLossPct: stopLossPctAt(point) } });
  try {
    for (let seed = 1; seed <= SEEDS; seed++) {
      await runCase(world, { point, fault, seed, result });
    }
  } finally {
    await world.close();
  }
}
