import { describe, expect, it } from 'vitest';
import { compareStretches, hexOf, seededOf } from '../../../test/training/stationary-market.js';
import { PRIOR, toSignals, weakPredictions, type Row } from '../../../test/training/weak-model.js';
import { CATALOGUE } from '../../features/catalogue.js';
import { scoreClassifier } from '../evaluation/score-classifier.js';
import { judgeDrift, scoreSignals } from './drift-watch.js';

/** The defaults of the settings. */
const LIMITS = { psi: 0.25, minSignals: 100 };
const NO_SIGNALS = { liveSignals: 0, liveSkill: undefined, testSkillLower: undefined };
const NO_FEATURES = { medianPsi: undefined, usualPsi: undefined, worst: [], bars: 0 };
/** Enough for a bound that is only compared with. */
const BOOTSTRAP = { blockRows: 24, resamples: 200 };
/** One check in a hundred. */
const MOST_ALARMS = 0.01;

const SLOW_MS = 240_000;
const FEATURES = CATALOGUE.map(({ name }) => name).filter((_, at) => at % 24 === 0);

describe('drift on a market that stays the same', () => {
  it(
    'is seen by the features in one check of a hundred at most',
    () => {
      const seeds = 100;
      let alarms = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        const compared = compareStretches(seed, {
          features: FEATURES,
          trainBars: 1_500,
          newBars: 300,
        });
        if (judgeDrift({ ...NO_SIGNALS, ...compared }, LIMITS).isDrifted) alarms += 1;
      }
      expect(alarms / seeds).toBeLessThanOrEqual(MOST_ALARMS);
    },
    SLOW_MS,
  );

  it(
    'is seen by the features in most checks once it rises by half a usual move each bar',
    () => {
      const seeds = 30;
      let alarms = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        const compared = compareStretches(seed, {
          features: FEATURES,
          trainBars: 1_500,
          newBars: 300,
          trend: 0.5,
        });
        if (judgeDrift({ ...NO_SIGNALS, ...compared }, LIMITS).isDrifted) alarms += 1;
      }
      expect(alarms / seeds).toBeGreaterThan(0.5);
    },
    SLOW_MS,
  );

  it(
    'is seen by the signals in one check of a hundred at most',
    () => {
      const seeds = 200;
      let alarms = 0;
      for (let seed = 1; seed <= seeds; seed++) {
        const random = seededOf(seed);
        const { rows, labels } = weakPredictions(random, 650);
        const known = { probabilities: rows.flat(), labels, prior: PRIOR };
        const test = scoreClassifier(known, hexOf(seed), BOOTSTRAP);
        const live = scoreSignals(toSignals(weakPredictions(random, 150)), PRIOR);
        const measured = { ...NO_FEATURES, ...live, testSkillLower: test.skill.lower };
        if (judgeDrift(measured, LIMITS).isDrifted) alarms += 1;
      }
      expect(alarms / seeds).toBeLessThanOrEqual(MOST_ALARMS);
    },
    SLOW_MS,
  );

  it('is seen by the signals once a model is sure of the contrary of what comes', () => {
    const { rows, labels } = weakPredictions(seededOf(1), 150);
    const contrary = rows.map(([sell, hold, buy], at): Row => {
      return labels[at] === 0 ? [0.1, 0.2, 0.7] : [buy, hold, sell];
    });
    const live = scoreSignals(toSignals({ rows: contrary, labels }), PRIOR);
    const measured = { ...NO_FEATURES, ...live, testSkillLower: -0.01 };
    expect(judgeDrift(measured, LIMITS).isDrifted).toBe(true);
  });
});
