import type { ModelRecord, TestScore } from '../src/domain/model-record.js';
import type { Bar, Figure } from './harness/benchmark.js';
import { mean, shareOf } from './harness/statistics.js';

export interface SkillBars {
  readonly totalShare: number;
  readonly total: number;
  readonly direction: number;
  readonly directionShare: number;
  readonly auc: number;
}

/** S6 for plain models. */
export const PLAIN_BARS: SkillBars = {
  ...{ totalShare: 0.9, total: 0.0108 },
  ...{ direction: 0.0018, directionShare: 0.6, auc: 0.543 },
};
/** S6 for models of prior and residual. */
export const BASE_MODEL_BARS: SkillBars = {
  ...{ totalShare: 0.95, total: 0.0122 },
  ...{ direction: 0.0033, directionShare: 0.8, auc: 0.545 },
};
const MOST_CALIBRATION_ERROR = 0.05;

function scoresOf(records: readonly ModelRecord[]): readonly TestScore[] {
  return records.flatMap(({ testScore }) => testScore ?? []);
}

/** S6 and S7 over the test parts of some models. */
export function skillFigures(
  kind: string,
  records: readonly ModelRecord[],
  bars: SkillBars,
): readonly Figure[] {
  const scores = scoresOf(records);
  const isPositive = (value: number): boolean => value > 0;
  const total = scores.map(({ skill }) => skill.estimate);
  const direction = scores.map(({ directionSkill }) => directionSkill.estimate);
  const calibration = scores.map(({ calibrationError }) => calibrationError);
  const auc = scores.map(({ directionalAuc }) => directionalAuc);
  const figure = (name: string, value: number, more: { unit?: string; bar?: Bar }): Figure => ({
    ...{ name: `${kind}: ${name}`, value, unit: '' },
    ...more,
  });
  return [
    figure('models', scores.length, {}),
    figure('total skill > 0', shareOf(total, isPositive), { bar: { atLeast: bars.totalShare } }),
    figure('mean total skill', mean(total), { unit: 'nat', bar: { atLeast: bars.total } }),
    figure('mean direction skill', mean(direction), {
      ...{ unit: 'nat', bar: { atLeast: bars.direction } },
    }),
    figure('direction skill > 0', shareOf(direction, isPositive), {
      bar: { atLeast: bars.directionShare },
    }),
    figure('mean directional AUC', mean(auc), { bar: { atLeast: bars.auc } }),
    figure('mean calibration error (S7)', mean(calibration), {
      bar: { atMost: MOST_CALIBRATION_ERROR },
    }),
    figure('largest calibration error', Math.max(...calibration), {}),
  ];
}
