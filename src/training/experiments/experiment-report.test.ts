import { describe, expect, it } from 'vitest';
import { gaussian } from '../../../test/gaussian.js';
import type { DayScore, Experiment, Trial, TrialScore } from '../../domain/experiment.js';
import { seededRandom } from '../../lib/seeded-random.js';
import { reportOn, type ExperimentReport } from './experiment-report.js';
import { comparisonText } from './report-text.js';

const SERIES = ['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'];
const SEEDS = [42, 43, 44];
const DAYS = 27;
const ROWS_A_DAY = 24;
const DIRECTION_ROWS = 16;

/** Gains of a variant over the control, a row. */
interface Planted {
  readonly skill: number;
  readonly direction: number;
}

const NONE: Planted = { skill: 0, direction: 0 };

/**
 * Scores as markets give them: days are hard or easy for all series and variants alike, variants differ by noise of
 * their own and, on each day, by noise that all series share.
 */
function simulate(run: number, variants: readonly Planted[]): Promise<ExperimentReport> {
  const random = seededRandom((run + 1).toString(16).padStart(8, '0').repeat(4));
  const names = variants.map((_, at) => `variant ${at}`);
  const trials = SEEDS.flatMap((seed) => names.map((variant) => aTrial(variant, seed)));
  const hard = DAYS_OF.map(() => 0.05 * gaussian(random));
  const common = names.map(() => DAYS_OF.map(() => 0.004 * gaussian(random)));
  const scores = SERIES.flatMap((symbol) =>
    trials.map((trial) => {
      const at = names.indexOf(trial.variant);
      const planted = variants[at] ?? NONE;
      const days = DAYS_OF.map((day): DayScore => {
        const noise = (common[at]?.[day] ?? 0) + 0.004 * gaussian(random);
        const gain = planted.skill + noise;
        const directionGain = planted.direction + 0.5 * noise + 0.004 * gaussian(random);
        const loss = 1.08 + (hard[day] ?? 0);
        return {
          day: 20_000 + day,
          ...{ rows: ROWS_A_DAY, priorLoss: ROWS_A_DAY * loss },
          loss: ROWS_A_DAY * (loss - gain),
          ...{ directionRows: DIRECTION_ROWS, directionPriorLoss: DIRECTION_ROWS * 0.69 },
          directionLoss: DIRECTION_ROWS * (0.69 - directionGain),
          directionHits: 8,
        };
      });
      return aScore(trial, symbol, { days });
    }),
  );
  return reportOn({ experiment: anExperiment(run, names), trials, scores });
}

const simulateAll = (
  from: number,
  variants: readonly Planted[],
): Promise<readonly ExperimentReport[]> =>
  Promise.all(Array.from({ length: 40 }, (_, run) => simulate(from + run, variants)));

const DAYS_OF = Array.from({ length: DAYS }, (_, day) => day);

function anExperiment(run: number, names: readonly string[]): Experiment {
  return {
    ...{ uid: `experiment ${run}`, venue: 'test', name: 'test', bot: 'catboost', symbols: SERIES },
    ...{ timeframes: ['1h'], seeds: SEEDS, sessionUid: 's', cutAt: 0, createdAt: 0 },
    variants: names.map((name) => ({ name, settings: {} })),
  };
}

function aTrial(variant: string, seed: number): Trial {
  const uid = `${variant} ${seed}`;
  return {
    ...{ uid, experimentUid: 'e', purpose: 'experiment', variant, seed },
    ...{ cutAt: 0, options: {} },
  };
}

function aScore(trial: Trial, symbol: string, changes: Partial<TrialScore>): TrialScore {
  return {
    ...{ jobUid: `${trial.uid} ${symbol}`, experimentUid: 'e', trialUid: trial.uid, symbol },
    ...{ timeframe: '1h', rowsHash: `rows of ${symbol}`, days: [], scoredAt: 0 },
    ...changes,
  };
}

const found = ({ comparisons }: ExperimentReport): readonly string[] =>
  comparisons
    .filter(({ verdict }) => verdict !== 'no difference shown')
    .map(({ variant, measure, verdict }) => `${variant} ${verdict} ${measure}`);

describe('the report of an experiment', () => {
  it('finds no difference between variants that are alike, in at least 95 % of 40 experiments', async () => {
    const runs = await simulateAll(0, [NONE, NONE, NONE]);
    const silent = runs.filter((report) => found(report).length === 0);
    expect(silent.length).toBeGreaterThanOrEqual(38);
  });

  it('covers the truth with its 95 % intervals, about as often as they say', async () => {
    const runs = await simulateAll(100, [NONE, NONE]);
    const all = runs.flatMap(({ comparisons }) => comparisons);
    const covering = all.filter(({ lower, upper }) => lower <= 0 && upper >= 0);
    expect(covering.length / all.length).toBeGreaterThan(0.9);
  });

  it('finds planted differences with their sign, and only those', async () => {
    const report = await simulate(7, [
      NONE,
      { skill: 0.006, direction: 0 },
      { skill: 0, direction: -0.006 },
    ]);
    expect(found(report)).toEqual(['variant 1 better skill', 'variant 2 worse direction_skill']);
    const [first] = report.comparisons;
    expect(first).toMatchObject({ pairs: 24, instruments: 8, days: DAYS });
    expect(first?.estimate).toBeCloseTo(0.006, 2);
    expect(first?.lower).toBeGreaterThan(0);
    expect(first?.bySeries.map(({ series }) => series)).toEqual(SERIES.map((one) => `${one} 1h`));
    expect(comparisonText(report.comparisons[1] as never)).toMatch(
      /^variant 1: no difference shown in direction skill \(/,
    );
  });

  it('has no interval but 0 for a variant whose scores are the same', async () => {
    const trials = ['one', 'other'].map((variant) => aTrial(variant, 42));
    const days = [{ ...emptyDay(1), rows: 24, loss: 26, priorLoss: 25 }, emptyDay(2)];
    const scores = trials.map((trial) => aScore(trial, 'A', { days }));
    const report = await reportOn({
      experiment: anExperiment(1, ['one', 'other']),
      trials,
      scores,
    });
    expect(report.comparisons[0]).toMatchObject({
      ...{ estimate: 0, lower: 0, upper: 0, pValue: 1, verdict: 'no difference shown' },
    });
    // No row has a direction.
    expect(report.comparisons[1]).toMatchObject({ estimate: NaN, pValue: 1 });
    expect(report.means[0]).toMatchObject({ jobs: 1, skill: -1 / 24 });
  });

  it('leaves out a job that was judged on other rows than its control', async () => {
    const trials = ['one', 'other'].map((variant) => aTrial(variant, 42));
    const [one, other] = trials.map((trial) => aScore(trial, 'A', { days: [emptyDay(1)] }));
    const scores = [one, other && { ...other, rowsHash: 'others' }].flatMap((score) => score ?? []);
    const report = await reportOn({
      experiment: anExperiment(1, ['one', 'other']),
      trials,
      scores,
    });
    expect(report).toMatchObject({ leftOut: 1 });
    expect(report.comparisons[0]).toMatchObject({ pairs: 0, verdict: 'no difference shown' });
    expect(comparisonText(report.comparisons[0] as never)).toBe(
      'other: nothing to compare in skill yet',
    );
  });

  it('is the same for the same scores', async () => {
    expect(await simulate(3, [NONE, NONE])).toEqual(await simulate(3, [NONE, NONE]));
  });
});

function emptyDay(day: number): DayScore {
  return {
    ...{ day, rows: 0, loss: 0, priorLoss: 0, directionRows: 0 },
    ...{ directionLoss: 0, directionPriorLoss: 0, directionHits: 0 },
  };
}
