import type { DayScore } from '../../domain/experiment.js';
import { allocateLosses, BUY, directionLosses, directionOf, multiclassLosses } from './losses.js';
import type { Predicted, RowLosses } from './losses.js';
import { signLosses, type PredictedReturns } from './score-regressor.js';

const DAY_MS = 86_400_000;

/** Sums of a classifier's losses for each day of its test rows, in the order of time. */
export function dailyClassifierScores(
  predicted: Predicted,
  openTimes: ArrayLike<number>,
): readonly DayScore[] {
  const { probabilities, labels } = predicted;
  const losses = { total: multiclassLosses(predicted), direction: directionLosses(predicted) };
  return sumByDay(openTimes, {
    ...losses,
    isHit: (row) => directionOf(probabilities, row) > 0.5 === (labels[row] === BUY),
  });
}

/** The same of a regressor: squared errors over the mean squared return, and wrong signs. */
export function dailyRegressorScores(
  predicted: PredictedReturns,
  openTimes: ArrayLike<number>,
): readonly DayScore[] {
  const { predictions, returns } = predicted;
  const rows = returns.length;
  const values = Array.from(returns);
  const persistence = values.reduce((sum, value) => sum + value ** 2, 0) / rows;
  const total = allocateLosses(rows);
  const direction = signLosses(predicted);
  values.forEach((value, row) => {
    total.model[row] = (value - (predictions[row] ?? NaN)) ** 2 / persistence;
    total.prior[row] = value ** 2 / persistence;
    total.weight[row] = 1;
  });
  return sumByDay(openTimes, { total, direction, isHit: (row) => direction.model[row] === 0 });
}

interface ScoredRows {
  readonly total: RowLosses;
  readonly direction: RowLosses;
  /** Whether the side of a row that moved was the likelier one to the model. */
  readonly isHit: (row: number) => boolean;
}

type Sums = { -readonly [K in keyof DayScore]: DayScore[K] };

function sumByDay(openTimes: ArrayLike<number>, scored: ScoredRows): readonly DayScore[] {
  const { total, direction, isHit } = scored;
  const days = new Map<number, Sums>();
  for (let row = 0; row < openTimes.length; row++) {
    const day = Math.floor((openTimes[row] ?? 0) / DAY_MS);
    const sums = days.get(day) ?? emptyDay(day);
    days.set(day, sums);
    sums.rows += total.weight[row] ?? 0;
    sums.loss += total.model[row] ?? 0;
    sums.priorLoss += total.prior[row] ?? 0;
    if (direction.weight[row] !== 1) continue;
    sums.directionRows += 1;
    sums.directionLoss += direction.model[row] ?? 0;
    sums.directionPriorLoss += direction.prior[row] ?? 0;
    sums.directionHits += Number(isHit(row));
  }
  return [...days.values()].sort((one, other) => one.day - other.day);
}

function emptyDay(day: number): Sums {
  return {
    day,
    rows: 0,
    loss: 0,
    priorLoss: 0,
    directionRows: 0,
    directionLoss: 0,
    directionPriorLoss: 0,
    directionHits: 0,
  };
}
