import { describe, expect, it } from 'vitest';
import { judgeDrift } from './drift-watch.js';

const LIMITS = { psi: 0.25, minSignals: 100 };
const MEASURED = {
  medianPsi: 0.1,
  worst: [],
  bars: 500,
  liveSignals: 200,
  liveSkill: 0.01,
  testSkillLower: 0.002,
};

describe('judgeDrift', () => {
  it('finds nothing where features and score are as they were', () => {
    expect(judgeDrift(MEASURED, LIMITS)).toMatchObject({ isDrifted: false });
  });

  it('finds features that have moved', () => {
    expect(judgeDrift({ ...MEASURED, medianPsi: 0.3 }, LIMITS)).toMatchObject({
      isDrifted: true,
      reason: 'median stability index 0.30 of its features above 0.25',
    });
  });

  it('finds a live score under 0 and under the bound of the test, once there are outcomes enough', () => {
    const poor = { ...MEASURED, liveSkill: -0.01, liveSkillUpper: -0.005 };
    expect(judgeDrift(poor, LIMITS)).toMatchObject({ isDrifted: true });
    expect(judgeDrift({ ...poor, liveSignals: 99 }, LIMITS)).toMatchObject({ isDrifted: false });
    expect(judgeDrift({ ...poor, testSkillLower: -0.02 }, LIMITS)).toMatchObject({
      isDrifted: false,
    });
  });
});
