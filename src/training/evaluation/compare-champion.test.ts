import { describe, expect, it } from 'vitest';
import type { Champion } from './champion.js';
import { compareWithChampion, type Challenger } from './compare-champion.js';

const EVEN = [1 / 3, 1 / 3, 1 / 3] as const;
const BUY = [0.25, 0.25, 0.5] as const;

const CHAMPION: Champion = {
  modelUid: 'old',
  dataEnd: 300,
  thresholds: { sell: -0.01, buy: 0.01 },
  prior: EVEN,
  openTimes: [500, 400, 300, 200],
  expectedReturns: [],
  probabilities: [BUY, BUY, BUY, BUY],
};

const CHALLENGER: Challenger = {
  openTimes: [100, 200, 300, 400, 500, 600],
  forwardReturns: [0.02, 0.02, 0.02, -0.02, 0.02, 0.02],
  probabilities: [EVEN, EVEN, EVEN, EVEN, EVEN, EVEN].flat(),
  labels: [2, 2, 2, 0, 2, 2],
  prior: EVEN,
};

describe('a challenger compared with its champion', () => {
  it("is compared on candles after the champion's data that both have predicted", () => {
    const { rows, skillDifference, directionSkillDifference } = compareWithChampion(
      CHALLENGER,
      CHAMPION,
    );
    expect(rows).toBe(3);
    // Two BUYs at 0.5 and a SELL at 0.25 against a third each.
    expect(skillDifference).toBeCloseTo(-(2 * Math.log(1.5) + Math.log(0.75)) / 3, 12);
    // BUY against SELL: two thirds, two thirds and one third against a half each.
    const gain = (2 * Math.log(4 / 3) + Math.log(2 / 3)) / 3;
    expect(directionSkillDifference).toBeCloseTo(-gain, 12);
  });

  it('is measured by its own classes, as the champion is', () => {
    const wide = { ...CHAMPION, thresholds: { sell: -0.05, buy: 0.05 } };
    // To the champion all three candles were HOLD, which it gave 0.25.
    expect(compareWithChampion(CHALLENGER, wide).skillDifference).toBeCloseTo(-Math.log(0.75), 12);
  });

  it('has no comparison without a common candle', () => {
    const silent = { ...CHAMPION, openTimes: [], probabilities: [] };
    expect(compareWithChampion(CHALLENGER, silent)).toMatchObject({
      rows: 0,
      skillDifference: NaN,
    });
  });
});
