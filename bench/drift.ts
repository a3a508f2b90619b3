import { readSettings } from '../config/read-settings.js';
import { CATALOGUE } from '../src/features/catalogue.js';
import { scoreClassifier } from '../src/training/evaluation/score-classifier.js';
import { judgeDrift, scoreSignals } from '../src/training/planning/drift-watch.js';
import { compareStretches, hexOf, seededOf } from '../test/training/stationary-market.js';
import { PRIOR, toSignals, weakPredictions } from '../test/training/weak-model.js';
import type { Benchmark, Figure } from './harness/benchmark.js';
import { YEAR_HALF_BARS } from './markets.js';

const { driftPsi: psi, driftMinSignals, driftWindowBars } = readSettings({}).settings;
const LIMITS = { psi, minSignals: driftMinSignals };
const CHECKS = 1000;
/** More than these checks say nothing new about a change that is always seen. */
const TREND_CHECKS = 100;
/** As many features as a model has. */
const FEATURES = CATALOGUE.map(({ name }) => name).filter((_, at) => at % 4 === 0);
const TEST_ROWS = Math.round(0.15 * YEAR_HALF_BARS);
const BOOTSTRAP = { blockRows: 24, resamples: 200 };
const MOST_SIGNALS = 500;
const MOST_ALARMS = 0.01;
const NO_SIGNALS = {
  liveSignals: 0,
  liveSkill: undefined,
  liveSkillUpper: undefined,
  testSkillLower: undefined,
};
const NO_FEATURES = { medianPsi: undefined, usualPsi: undefined, worst: [], bars: 0 };

/** How often a drift check reports drift on a market that stays the same, and on one that does not. */
export const drift: Benchmark = {
  name: 'drift',
  bar: 'drift',
  title: 'false alarms of the drift checks on a market that stays the same (takes ten minutes)',
  async run() {
    const alarms = (name: string, value: number): Figure => {
      return { name, value: 100 * value, unit: '% of checks', bar: { atMost: 100 * MOST_ALARMS } };
    };
    return {
      figures: [
        alarms('by features, the same market', byFeatures(CHECKS)),
        alarms(`by ${driftMinSignals} signals, the same market`, bySignals(driftMinSignals)),
        alarms(`by ${MOST_SIGNALS} signals, the same market`, bySignals(MOST_SIGNALS)),
        {
          name: 'by features, rising by half a usual move each bar',
          value: 100 * byFeatures(TREND_CHECKS, 0.5),
          unit: '% of checks',
          bar: { atLeast: 90 },
        },
      ],
      notes: [
        `${CHECKS} checks each (${TREND_CHECKS} of the rising market), default settings; markets with clustered volatility`,
        `features: ${FEATURES.length} of the catalogue, ${driftWindowBars} new bars against a fit of ${YEAR_HALF_BARS}`,
        'signals: a model that knows a little, with outcomes that overlap',
      ],
    };
  },
};

function byFeatures(checks: number, trend = 0): number {
  const sizes = { features: FEATURES, trainBars: YEAR_HALF_BARS, newBars: driftWindowBars, trend };
  let alarms = 0;
  for (let seed = 1; seed <= checks; seed++) {
    const { medianPsi, usualPsi, worst, bars } = compareStretches(seed, sizes);
    const report = judgeDrift({ ...NO_SIGNALS, medianPsi, usualPsi, worst, bars }, LIMITS);
    if (report.isDrifted) alarms += 1;
  }
  return alarms / checks;
}

function bySignals(count: number): number {
  let alarms = 0;
  for (let seed = 1; seed <= CHECKS; seed++) {
    const random = seededOf(seed);
    const { rows, labels } = weakPredictions(random, TEST_ROWS);
    const judged = { probabilities: rows.flat(), labels, prior: PRIOR };
    const { skill } = scoreClassifier(judged, hexOf(seed), BOOTSTRAP);
    const live = scoreSignals(toSignals(weakPredictions(random, count)), PRIOR);
    const measured = { ...NO_FEATURES, ...live, testSkillLower: skill.lower };
    if (judgeDrift(measured, LIMITS).isDrifted) alarms += 1;
  }
  return alarms / CHECKS;
}
